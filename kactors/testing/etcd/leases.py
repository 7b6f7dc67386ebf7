"""Leases of a run: when each may end at the earliest."""

from collections.abc import Iterable, Iterator

import attrs

from kactors.testing.etcd.model import Model
from kactors.testing.etcd.violation import Promise, Violation

__all__ = ["KeptAlive", "lease_violations"]


@attrs.define(eq=False)
class KeptAlive:
    """One lease of one client.

    Attributes:
        promised_ns: it must not end before, by true time.
        answers: how often it was kept alive.
    """

    lease: int
    ttl: int
    promised_ns: int
    answers: int = 0


def lease_violations(model: Model, leases: Iterable[KeptAlive]) -> Iterator[Violation]:
    """Hold leases to their lower bound."""
    for lease in leases:
        ended_ns = model.ended.get(lease.lease)
        if ended_ns is not None and ended_ns < lease.promised_ns:
            early = (lease.promised_ns - ended_ns) / 1e9
            yield Violation(
                Promise.LEASE_EARLY,
                f"lease {lease.lease} of {lease.ttl} s, kept alive {lease.answers} times, ended "
                f"{early:.3f} s early",
            )
