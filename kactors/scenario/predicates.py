"""What a goal can ask of a cluster, as values; own ones are made the same way.

A predicate is a frozen attrs class below `Predicate` with one method, which looks at a `View`
and says what is missing. It never sends a message, and keeps nothing between two looks.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator

import attrs

from kactors.api.meta import is_being_deleted, is_true, labels_of, name_of, uid_of
from kactors.api.objects import Object, field
from kactors.faults.printing import as_call
from kactors.scenario.view import View

__all__ = ["AllOf", "AnyOf", "Completed", "Leads", "NoPodsDeleted", "NodesReady", "Not",
           "NothingWritten", "OnePodEach", "Predicate", "Ready", "Running"]  # fmt: skip


@attrs.frozen(repr=False)
class Predicate(ABC):
    """A question about a cluster at one instant."""

    def __repr__(self) -> str:
        return as_call(self)

    @abstractmethod
    def missing(self, view: View) -> str:
        """Return what is missing for it to hold, for people; empty if it holds."""


def _flat(given: tuple[Predicate, ...]) -> tuple[Predicate, ...]:
    return tuple(given)


@attrs.frozen(repr=False)
class AllOf(Predicate):
    """All of several hold."""

    predicates: tuple[Predicate, ...] = attrs.field(converter=_flat)

    def missing(self, view: View) -> str:
        """Return what is missing for each that does not hold."""
        return "; ".join(filter(None, (each.missing(view) for each in self.predicates)))


@attrs.frozen(repr=False)
class AnyOf(Predicate):
    """One of several holds, or more."""

    predicates: tuple[Predicate, ...] = attrs.field(converter=_flat)

    def missing(self, view: View) -> str:
        """Return what is missing for each, if none holds."""
        texts = [each.missing(view) for each in self.predicates]
        return " and ".join(texts) if all(texts) else ""


@attrs.frozen(repr=False)
class Not(Predicate):
    """Another does not hold."""

    predicate: Predicate

    def missing(self, view: View) -> str:
        """Return that the other holds, if so."""
        return "" if self.predicate.missing(view) else f"{self.predicate!r} holds"


@attrs.frozen(repr=False)
class Ready(Predicate):
    """A workload has so many pods that are ready, as it says itself.

    Attributes:
        name: of a Deployment, StatefulSet, ReplicaSet or DaemonSet.
        replicas: how many at least; as many as are wanted unless given.
        kind: plural name of its kind.
        image: count only pods whose first container has it.
    """

    name: str
    replicas: int | None = None
    kind: str = "deployments"
    namespace: str = "default"
    image: str = ""

    def missing(self, view: View) -> str:
        """Return how many there are of how many."""
        found = view.truth.get(self.kind, self.namespace, self.name)
        if found is None:
            return f"there is no {self.name!r} among the {self.kind}"
        wanted = self.replicas
        if wanted is None:
            name = "desiredNumberScheduled" if self.kind == "daemonsets" else "replicas"
            part = "status" if self.kind == "daemonsets" else "spec"
            wanted = int(field(found, part, name, default=1))
        ready = self._ready_of_image(view, found) if self.image else self._ready(found)
        if ready >= wanted:
            return ""
        return f"{ready} of {wanted} pods of {self.name} are ready" + (
            f" with {self.image}" if self.image else ""
        )

    def _ready(self, found: Object) -> int:
        name = "numberReady" if self.kind == "daemonsets" else "readyReplicas"
        return int(field(found, "status", name, default=0))

    def _ready_of_image(self, view: View, found: Object) -> int:
        wanted: dict[str, str] = field(found, "spec", "selector", "matchLabels", default={})
        return sum(
            is_true(pod, "Ready")
            and not is_being_deleted(pod)
            and pod["spec"]["containers"][0]["image"] == self.image
            and wanted.items() <= labels_of(pod).items()
            for pod in view.truth.in_namespace("pods", self.namespace)
        )


@attrs.frozen(repr=False)
class Running(Predicate):
    """So many pods really run, whatever is stored of them.

    Attributes:
        prefix: with which their names begin.
        pods: how many at least.
    """

    prefix: str
    pods: int
    namespace: str = "default"

    def missing(self, view: View) -> str:
        """Return how many run of how many."""
        found = dict.fromkeys(
            each.pod_uid
            for each in view.running
            if each.namespace == self.namespace and each.pod.startswith(self.prefix)
        )
        count = len(found)
        return "" if count >= self.pods else f"{count} of {self.pods} {self.prefix}* pods run"


@attrs.frozen(repr=False)
class OnePodEach(Predicate):
    """No two pods of one name run at the same time: an identity is one pod's alone.

    Attributes:
        prefix: with which their names begin.
    """

    prefix: str
    namespace: str = "default"

    def missing(self, view: View) -> str:
        """Return a name that two pods have, and where they run."""
        seen: dict[str, tuple[str, str]] = {}
        for each in view.running:
            if each.namespace == self.namespace and each.pod.startswith(self.prefix):
                uid, node = seen.setdefault(each.pod, (each.pod_uid, each.node))
                if (uid, node) != (each.pod_uid, each.node):
                    return f"{each.pod} runs on {node} and, another pod, on {each.node}"
        return ""


@attrs.frozen(repr=False)
class NoPodsDeleted(Predicate):
    """Every pod that there was when scenario time began is still there and is to stay.

    Attributes:
        prefix: with which their names begin.
    """

    prefix: str = ""
    namespace: str = "default"

    def missing(self, view: View) -> str:
        """Return some that are gone, or going."""
        now = {uid_of(pod): pod for pod in view.truth.in_namespace("pods", self.namespace)}
        lost = [
            f"{name} is {'being deleted' if uid in now else 'gone'}"
            for uid, (namespace, name) in view.first_pods.items()
            if namespace == self.namespace
            and name.startswith(self.prefix)
            and (uid not in now or is_being_deleted(now[uid]))
        ]
        more = f", and {len(lost) - 3} more" if len(lost) > 3 else ""
        return ", ".join(lost[:3]) + more


@attrs.frozen(repr=False)
class NodesReady(Predicate):
    """So many nodes are ready, as it is stored.

    Attributes:
        at_least: how many; all unless given.
    """

    at_least: int | None = None

    def missing(self, view: View) -> str:
        """Return which are not ready."""
        nodes = view.truth.objects("nodes").values()
        lost = [name_of(node) for node in nodes if not is_true(node, "Ready")]
        wanted = len(nodes) if self.at_least is None else self.at_least
        ready = len(nodes) - len(lost)
        return "" if ready >= wanted else f"{ready} of {wanted} nodes are ready; not {lost}"


@attrs.frozen(repr=False)
class Completed(Predicate):
    """A Job is complete.

    Attributes:
        name: of the Job.
        completions: exactly how many of its pods succeeded, as it counts itself; any number
            unless given.
    """

    name: str
    completions: int | None = None
    namespace: str = "default"

    def missing(self, view: View) -> str:
        """Return how far it is."""
        job = view.truth.get("jobs", self.namespace, self.name)
        if job is None:
            return f"there is no Job {self.name!r}"
        succeeded = int(field(job, "status", "succeeded", default=0))
        if not is_true(job, "Complete"):
            return f"the Job {self.name} is not complete: {succeeded} pods have succeeded"
        if self.completions in (None, succeeded):
            return ""
        return f"{succeeded} pods of the Job {self.name} succeeded, not {self.completions}"


@attrs.frozen(repr=False)
class Leads(Predicate):
    """Somebody plays a part that only one can play.

    Attributes:
        part: ``etcd``, ``scheduler`` or ``controllers``.
    """

    part: str = attrs.field(validator=attrs.validators.in_(("etcd", "scheduler", "controllers")))

    def missing(self, view: View) -> str:
        """Return that nobody does."""
        return "" if view.leader(self.part) else f"nobody leads {self.part}"


@attrs.frozen(repr=False)
class NothingWritten(Predicate):
    """The store has not changed for a while: nobody can write.

    Attributes:
        seconds: for how long.
    """

    seconds: float = 1.0

    def missing(self, view: View) -> str:
        """Return when it last changed."""
        ago = view.now_s - view.last_write_s
        if ago >= self.seconds:
            return ""
        return f"revision {view.truth.revision} was written {ago:.1f} s ago"


def parts_of(predicate: Predicate) -> Iterator[Predicate]:
    """Yield a predicate and all that it is made of."""
    yield predicate
    if isinstance(predicate, (AllOf, AnyOf)):
        for each in predicate.predicates:
            yield from parts_of(each)
    elif isinstance(predicate, Not):
        yield from parts_of(predicate.predicate)
