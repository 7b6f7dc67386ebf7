"""Whose victims are still to go.

A preemption is decided at once, and carried out by many writes. Were the pod that needs the room
tried again after the first of them, its other victims would look as if nobody had asked them to go,
and it would choose others, elsewhere.

Sources: KEP-4832, kubernetes pkg/scheduler/framework/preemption/executor.go
(``IsPodRunningPreemption``).
"""

from collections.abc import Iterable

from kactors.scheduler.cache import Cache

__all__ = ["Preemptions"]


class Preemptions:
    """The victims of each pod, until all of them are gone or going.

    Upstream notes when its writes are done. Here what the watch shows decides, so whoever carries
    out the writes need report only that they failed.
    """

    def __init__(self, cache: Cache) -> None:
        self._cache = cache
        self._victims: dict[str, tuple[str, ...]] = {}
        self._look_at = 128

    def __len__(self) -> int:
        """Count the pods whose victims may still be there."""
        return len(self._victims)

    def begin(self, uid: str, victims: Iterable[str]) -> None:
        """Note that victims are asked to go, for one pod."""
        if len(self._victims) >= self._look_at:  # pods may be gone before their victims are
            for each in tuple(self._victims):
                self.goes_on(each)
            self._look_at = 128 + 2 * len(self._victims)
        self._victims[uid] = tuple(victims)

    def end(self, uid: str) -> None:
        """Note that nobody is asked any more; the pod may be unknown."""
        self._victims.pop(uid, None)

    def goes_on(self, uid: str) -> bool:
        """Whether a victim of this pod is still there and has not begun to end."""
        victims = self._victims.get(uid)
        if victims is None:
            return False
        # They are asked in this order: as long as it takes, the last of them is still there.
        for victim in reversed(victims):
            known = self._cache.pod(victim)
            if known is not None and not known.terminating:
                return True
        del self._victims[uid]
        return False
