"""Carries out what the scheduler wants done: by writing to the apiservers."""

from collections.abc import Mapping
from itertools import count
from typing import Final

from kactors.api.errors import ApiError, Conflict, NotFound
from kactors.api.meta import get_condition
from kactors.api.objects import Object
from kactors.api.times import format_time
from kactors.client.errors import ClientError, NotLeading, OutcomeUnknown, ShutDown
from kactors.client.events import EventRecorder
from kactors.client.lister import Lister
from kactors.client.rest import Client
from kactors.runtime import current_host, sleep
from kactors.runtime.probes import declare, sometimes
from kactors.scheduler.effects import (
    BindPod,
    Effect,
    EvictPod,
    PatchPodStatus,
    PodName,
    RecordEvent,
)

__all__ = ["EffectRunner"]

#: A binding of unknown outcome is written so often without a pause; each try has its timeout.
_TRIES_AT_ONCE: Final = 3
_PAUSE_SECONDS: Final = 1.0

_FOUND_OUT = "scheduler: a binding of unknown outcome had happened"
declare(_FOUND_OUT)


class EffectRunner:
    """Writes in the scheduler's name.

    Args:
        client: guarded, so that only a leader writes.
        recorder: for events.
        pods: what is known of them, to write only what is news.
    """

    def __init__(self, client: Client, recorder: EventRecorder, pods: Lister) -> None:
        self._pods = client.resource("pods")
        self._recorder = recorder
        self._known = pods

    async def bind(self, effects: tuple[Effect, ...]) -> None:
        """Carry out what binds a pod, in order.

        Raises:
            ApiError, ClientError: it is not bound, or nobody knows.
        """
        for effect in effects:
            await self._run(effect)

    async def attempt(self, effects: tuple[Effect, ...]) -> list[Effect]:
        """Carry out what follows from a failed attempt; return what could not be done.

        The pod is tried again in any case, and whatever still has to be said or done is found out
        anew then.
        """
        failed: list[Effect] = []
        for effect in effects:
            try:
                await self._run(effect)
            except (ApiError, ClientError):
                failed.append(effect)
        return failed

    async def _run(self, effect: Effect) -> None:
        match effect:
            case BindPod():
                await self._bind(effect)
            case PatchPodStatus():
                await self._patch(effect)
            case EvictPod():
                await self._evict(effect)
            case RecordEvent(pod, kind, reason, _, text):
                self._recorder.event(_object_of(pod), kind, reason, text)

    async def _bind(self, effect: BindPod) -> None:
        """Bind a pod, and find out whether it is if the answer was lost.

        As long as nobody knows the pod must count on its node: were it taken off and bound after
        all, another might have got the same room. So it is written until somebody says what became
        of it, however late the first writing may arrive. Upstream forgets the pod when one writing
        fails, and relies on the kubelet to refuse what there is no room for.
        """
        unknown = False
        for number in count(1):
            try:
                await self._pods.bind(_object_of(effect.pod), effect.node)
            except OutcomeUnknown:
                unknown = True
            except Conflict:
                bound = await self._is_bound(effect) if unknown else False
                if bound is False:
                    raise
                if bound:
                    sometimes(_FOUND_OUT)
                    return
            except (NotFound, NotLeading, ShutDown):
                raise  # there is nothing to bind any more, or nobody who may
            except (ApiError, ClientError):
                if not unknown:
                    raise
            else:
                return
            if number >= _TRIES_AT_ONCE:
                await sleep(_PAUSE_SECONDS)

    async def _is_bound(self, effect: BindPod) -> bool | None:
        """Tell whether the pod is where it should be; None if nobody answers."""
        pod = effect.pod
        try:
            found = await self._pods.get(pod.name, pod.namespace)
        except NotFound:
            return False
        except (ApiError, ClientError):
            return None
        known: tuple[str, str] = (found["metadata"]["uid"], found["spec"].get("nodeName") or "")
        return known == (pod.uid, effect.node)

    async def _patch(self, effect: PatchPodStatus) -> None:
        """Say why a pod is not scheduled, unless that is what its status says already."""
        pod = effect.pod
        known = self._known.get(pod.name, pod.namespace)
        if known is None or known["metadata"].get("uid") != pod.uid:
            return
        status: Object = {}
        if effect.reason:
            condition = _condition("PodScheduled", "False", effect.reason, effect.message)
            if _is_news(get_condition(known, "PodScheduled"), condition):
                status["conditions"] = [condition]
        nominated = effect.nominated_node
        before = (known.get("status") or {}).get("nominatedNodeName") or ""
        if nominated is not None and nominated != before:
            status["nominatedNodeName"] = nominated or None
        if status:
            patch = {"metadata": {"uid": pod.uid}, "status": status}
            await self._pods.patch(pod.name, patch, pod.namespace, subresource="status")

    async def _evict(self, effect: EvictPod) -> None:
        """Mark a victim, and delete it; another of its name is left alone."""
        pod = effect.pod
        condition = _condition("DisruptionTarget", "True", "PreemptionByScheduler", effect.message)
        patch = {"metadata": {"uid": pod.uid}, "status": {"conditions": [condition]}}
        try:
            await self._pods.patch(pod.name, patch, pod.namespace, subresource="status")
            options = {"preconditions": {"uid": pod.uid}}
            await self._pods.delete(pod.name, pod.namespace, options=options)
        except NotFound:
            return


def _object_of(pod: PodName) -> Object:
    metadata = {"name": pod.name, "namespace": pod.namespace, "uid": pod.uid}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata}


def _condition(kind: str, status: str, reason: str, text: str) -> Object:
    return {
        "type": kind,
        "status": status,
        "reason": reason,
        "message": text,
        "lastProbeTime": None,
        "lastTransitionTime": format_time(current_host().clock.wall_ns()),
    }


def _is_news(known: Mapping[str, object] | None, condition: Mapping[str, object]) -> bool:
    return known is None or any(
        known.get(name) != condition[name] for name in ("status", "reason", "message")
    )
