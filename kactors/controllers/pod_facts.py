"""What a controller asks of each of its pods at every look, found out once per version of the pod.

A controller with a thousand pods looks at all of them whenever one has changed. Objects are frozen,
so what was found out about one holds as long as the cache has that very object.
"""

from collections.abc import Iterable, Sequence

import attrs

from kactors.api.labels import LabelSelector
from kactors.api.meta import is_being_deleted, labels_of
from kactors.api.objects import Object
from kactors.controllers.pods import is_active, is_ready, is_terminal, ready_since

__all__ = ["KnownPods", "PodFacts"]


@attrs.frozen(eq=False)
class PodFacts:
    """One version of a pod.

    Attributes:
        pod: the object itself.
        active: it counts as a replica.
        leaving: it is being deleted, and has not ended.
        ready_ns: since when it is ready, in nanoseconds since 1970, 0 if it does not say; ``None``
            if it is not ready.
        labels: its labels.
    """

    pod: Object
    active: bool
    leaving: bool
    ready_ns: int | None
    labels: dict[str, str]

    @classmethod
    def of(cls, pod: Object) -> "PodFacts":
        """Find out about a pod."""
        leaving = is_being_deleted(pod) and not is_terminal(pod)
        ready_ns = ready_since(pod) if is_ready(pod) else None
        return cls(pod, is_active(pod), leaving, ready_ns, labels_of(pod))


class KnownPods:
    """The pods that one owner had at the last look.

    Args:
        selector: the owner's; with another one, begin anew.
    """

    def __init__(self, selector: LabelSelector) -> None:
        self.selector = selector
        # By identity, which lasts because the facts hold the pods.
        self._facts: dict[int, PodFacts] = {}

    def unknown(self, pods: Iterable[Object]) -> list[Object]:
        """Return those of which nothing is known, or that have changed."""
        facts = self._facts
        return [pod for pod in pods if id(pod) not in facts]

    def note(self, pods: Sequence[Object], owned: Sequence[Object]) -> list[PodFacts]:
        """Take note of what the owner has now.

        Args:
            pods: candidates; those that were known before are the owner's still.
            owned: what it was found to own besides them.

        Returns:
            The facts of all that it has: first of the candidates, in their order.
        """
        facts = self._facts
        new = {id(pod): PodFacts.of(pod) for pod in owned}
        found = [known for pod in pods if (known := facts.get(id(pod)) or new.pop(id(pod), None))]
        found += new.values()
        self._facts = {id(known.pod): known for known in found}
        return found
