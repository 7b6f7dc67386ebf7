"""Looks for planted bugs with the storms of this harness."""

from typing import Any

from kactors.testing.etcd.hunt import nth_schedule
from kactors.testing.etcd.minimise import minimise
from kactors.testing.etcd.run import run
from kactors.testing.mutants.hunter import Found, Hunter

__all__ = ["ETCD_HUNTER", "EtcdHunter"]


class EtcdHunter:
    """One trial is one schedule."""

    def trial(self, seed: int, number: int) -> Found | None:
        """Run schedule ``number`` of the hunt with ``seed``."""
        schedule = nth_schedule(seed, number)
        violation = run(schedule).violation
        if violation is None:
            return None
        return Found(violation.promise, str(violation), schedule)

    def shrink(self, found: Found) -> tuple[Any, int]:
        """Minimise the schedule."""
        smallest = minimise(run(found.schedule)).schedule
        return smallest, len(smallest.plan)


ETCD_HUNTER: Hunter = EtcdHunter()
