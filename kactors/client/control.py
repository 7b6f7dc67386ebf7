"""How controllers create and delete pods: with an owner, once, and not too many at a time.

An apiserver that makes up the name of a pod cannot be asked twice. So the name is drawn here: a
creation whose outcome is unknown is asked for again under the same name, and either it happens now
or it has happened before. A deletion names the uid, and may be repeated as well.

Source: kubernetes ``pkg/controller/controller_utils.go`` (``RealPodControl``) and
``replicaset/replica_set.go`` (``slowStartBatch``); that outcomes are found out is ours.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from kactors.api.errors import AlreadyExists, ApiError, NotFound
from kactors.api.meta import controller_ref, is_controlled_by, name_of, namespace_of, uid_of
from kactors.api.names import generate_name
from kactors.api.objects import Object, deep_copy
from kactors.client.errors import ClientError, OutcomeUnknown
from kactors.client.events import NORMAL, WARNING, EventRecorder
from kactors.client.expectations import ControllerExpectations, UIDTrackingControllerExpectations
from kactors.client.rest import Client
from kactors.runtime import Random, open_nursery
from kactors.runtime.probes import declare, sometimes

__all__ = ["PodControl", "pod_from_template", "slow_start_batch"]

TRIES_MAX: Final = 3
SLOW_START_INITIAL: Final = 1

_FOUND_OUT = "pod control: a creation of unknown outcome had happened"
_COLLISION = "pod control: a name that was drawn is taken"
declare(_FOUND_OUT)
declare(_COLLISION, rare=True)


def pod_from_template(template: Object, owner: Object) -> Object:
    """Return the pod that a template stands for, without a name, with its controller.

    Args:
        template: a ``PodTemplateSpec``.
        owner: becomes the controller; it must say its kind and version.

    Source: ``GetPodFromTemplate``.
    """
    metadata: Object = template.get("metadata") or {}
    kept = {name: metadata[name] for name in ("labels", "annotations", "finalizers")
            if metadata.get(name)}  # fmt: skip
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            **deep_copy(kept),
            "namespace": namespace_of(owner),
            "generateName": f"{name_of(owner)}-",
            "ownerReferences": [controller_ref(owner)],
        },
        "spec": deep_copy(template.get("spec") or {}),
    }


async def slow_start_batch(
    count: int, work: Callable[[int], Awaitable[None]], initial: int = SLOW_START_INITIAL
) -> tuple[int, Exception | None]:
    """Call ``work(index)`` so many times, in batches that double while nothing fails.

    So if the first of a thousand creations is refused, because of a quota for instance, the
    apiserver is not asked for the others.

    Returns:
        How many have succeeded, and the first problem of the batch that was the last.
    """
    successes = 0
    size = min(initial, count)
    while size:
        problems: list[Exception] = []

        async def one(index: int, problems: list[Exception] = problems) -> None:
            try:
                await work(index)
            except (ApiError, ClientError) as problem:
                problems.append(problem)

        async with open_nursery() as nursery:
            for index in range(successes, successes + size):
                nursery.start_soon(one, index)
        successes += size - len(problems)
        if problems:
            return successes, problems[0]
        size = min(2 * size, count - successes)
    return successes, None


class PodControl:
    """Creates and deletes pods in the name of their controllers, and tells people about it.

    Args:
        client: what it is done with.
        recorder: who tells.
        random: a stream of chance of its own, for names.
    """

    def __init__(self, client: Client, recorder: EventRecorder, random: Random) -> None:
        self._pods = client.resource("pods")
        self._recorder = recorder
        self._random = random

    async def create_pod(self, template: Object, owner: Object) -> Object:
        """Create one pod; return it.

        Raises:
            ApiError: it was refused.
            OutcomeUnknown: it may be there, or come yet; asking again did not help.
            Unavailable: certainly it is not there.
        """
        pod = pod_from_template(template, owner)
        try:
            created = await self._create(pod, owner)
        except (ApiError, ClientError) as problem:
            self._recorder.event(owner, WARNING, "FailedCreate", f"Error creating: {problem}")
            raise
        self._recorder.event(owner, NORMAL, "SuccessfulCreate", f"Created pod: {name_of(created)}")
        return created

    async def _create(self, pod: Object, owner: Object) -> Object:
        unknown: OutcomeUnknown | None = None
        for _ in range(TRIES_MAX):
            if unknown is None:
                name = generate_name(pod["metadata"]["generateName"], self._random.below)
                pod = {**pod, "metadata": {**pod["metadata"], "name": name}}
            try:
                return await self._pods.create(pod)
            except OutcomeUnknown as problem:
                unknown = problem
            except AlreadyExists:
                if unknown is not None:
                    return await self._find_out(pod, owner, unknown)
                sometimes(_COLLISION)
            except (ApiError, ClientError) as problem:
                if unknown is None:
                    raise
                raise unknown from problem  # this time it was refused, but the time before?
        raise unknown or AlreadyExists("pods", name_of(pod))

    async def _find_out(self, pod: Object, owner: Object, unknown: OutcomeUnknown) -> Object:
        """Return the pod of this name if it is the one whose creation was asked for before.

        It is listed: upstream's roles of controllers list pods, but do not get them.
        """
        try:
            found = await self._pods.list(
                namespace_of(pod), field_selector=f"metadata.name={name_of(pod)}"
            )
        except (ApiError, ClientError) as problem:
            raise unknown from problem
        for each in found.items:
            if is_controlled_by(each, owner):
                sometimes(_FOUND_OUT)
                return each
        raise unknown

    async def delete_pod(self, pod: Object, owner: Object) -> bool:
        """Delete one pod, just this one; tell whether it was there. Raises: as `create_pod`."""
        name, namespace = name_of(pod), namespace_of(pod)
        options = {"preconditions": {"uid": uid_of(pod)}}
        for number in range(1, TRIES_MAX + 1):
            try:
                await self._pods.delete(name, namespace, options=options)
                break
            except NotFound:
                return False
            except OutcomeUnknown as problem:
                if number == TRIES_MAX:
                    self._failed_delete(owner, problem)
                    raise
            except (ApiError, ClientError) as problem:
                self._failed_delete(owner, problem)
                raise
        self._recorder.event(owner, NORMAL, "SuccessfulDelete", f"Deleted pod: {name}")
        return True

    def _failed_delete(self, owner: Object, problem: Exception) -> None:
        self._recorder.event(owner, WARNING, "FailedDelete", f"Error deleting: {problem}")

    async def create_pods(
        self,
        key: str,
        expectations: ControllerExpectations,
        template: Object,
        owner: Object,
        count: int,
    ) -> None:
        """Create so many pods, and expect to see them.

        Raises:
            ApiError, ClientError: the first problem; the others were not tried, or were created.
        """
        expectations.expect_creations(key, count)
        unseen = count  # creations that nobody will ever see

        async def one(_: int) -> None:
            nonlocal unseen
            try:
                await self.create_pod(template, owner)
            except OutcomeUnknown:
                unseen -= 1  # it may come yet, so it stays expected
                raise
            unseen -= 1

        _, problem = await slow_start_batch(count, one)
        expectations.lower_expectations(key, unseen, 0)
        if problem is not None:
            raise problem

    async def delete_pods(
        self,
        key: str,
        expectations: UIDTrackingControllerExpectations,
        owner: Object,
        pods: Sequence[Object],
    ) -> None:
        """Delete these pods at once, and expect to see that. Raises: the first problem."""
        expectations.expect_deletions_of(key, [uid_of(pod) for pod in pods])
        problems: list[Exception] = []

        async def one(pod: Object) -> None:
            seen = True
            try:
                seen = await self.delete_pod(pod, owner)
            except OutcomeUnknown as problem:
                problems.append(problem)
            except (ApiError, ClientError) as problem:
                seen = False
                problems.append(problem)
            if not seen:
                expectations.deletion_observed_of(key, uid_of(pod))

        async with open_nursery() as nursery:
            for pod in pods:
                nursery.start_soon(one, pod)
        if problems:
            raise problems[0]
