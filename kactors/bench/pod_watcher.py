"""What an informer of pods tells a benchmark."""

import attrs

from kactors.api.meta import get_condition, key_of
from kactors.api.objects import Object, field
from kactors.bench.clock import Clock
from kactors.bench.progress import Progress
from kactors.bench.record import Record
from kactors.runtime import Event

__all__ = ["PodWatcher"]

#: How many pods are counted between two words about the progress.
_EVERY = 50


@attrs.define
class PodWatcher:
    """Knows which pods are still without a node, or have not even been tried.

    Attributes:
        measured: the namespace of the pods that the benchmark is about.
    """

    _record: Record
    _progress: Progress
    _clock: Clock
    measured: str = ""
    _unbound: dict[str, str] = attrs.field(factory=dict, init=False)
    _untried: dict[str, str] = attrs.field(factory=dict, init=False)
    _created_ns: dict[str, int] = attrs.field(factory=dict, init=False)
    _changed: Event = attrs.field(factory=Event, init=False)

    def created(self, key: str, namespace: str) -> None:
        """Learn that a pod is about to be created; told before the informer may see it."""
        self._unbound[key] = self._untried[key] = namespace
        if namespace == self.measured:
            self._created_ns[key] = self._clock()

    async def wait(self, namespaces: tuple[str, ...], *, attempted: bool = False) -> None:
        """Return when all pods that were created in these namespaces (none for all) have nodes."""
        for key in self.left(namespaces, attempted=attempted):
            waiting = self._untried if attempted else self._unbound
            while key in waiting:  # one after the other: whoever comes later waits no more
                changed = self._changed = Event()
                await changed.wait()

    def left(self, namespaces: tuple[str, ...], *, attempted: bool = False) -> list[str]:
        """Return the pods that `wait` waits for."""
        waiting = self._untried if attempted else self._unbound
        return [key for key, each in waiting.items() if not namespaces or each in namespaces]

    # -- told by the informer --------------------------------------------------------------

    def on_add(self, obj: Object, *, is_in_initial_list: bool) -> None:
        """Learn of a pod."""
        del is_in_initial_list
        self._seen(obj)

    def on_update(self, old: Object, new: Object) -> None:
        """Learn of a change of a pod."""
        del old
        self._seen(new)

    def on_delete(self, obj: Object, *, final_state_unknown: bool) -> None:
        """Learn that a pod is gone; if that was for another, it is noted."""
        del final_state_unknown
        key = key_of(obj)
        self._untried.pop(key, None)
        self._unbound.pop(key, None)
        if get_condition(obj, "DisruptionTarget") is not None:
            self._record.evicted.append(obj)
        self._changed.set()

    def _seen(self, pod: Object) -> None:
        key = key_of(pod)
        if key in self._untried and get_condition(pod, "PodScheduled") is not None:
            del self._untried[key]
            self._changed.set()
        if key in self._unbound and field(pod, "spec", "nodeName"):
            namespace = self._unbound.pop(key)
            if namespace == self.measured:
                self._count(key)
            self._changed.set()

    def _count(self, key: str) -> None:
        throughput = self._record.throughput
        assert throughput is not None, "measured pods are created after the clock was started"
        now_ns = self._clock()
        throughput.scheduled(now_ns)
        self._record.waits.observe((now_ns - self._created_ns[key]) / 1e9)
        if not throughput.count % _EVERY:
            self._progress(throughput.count)
