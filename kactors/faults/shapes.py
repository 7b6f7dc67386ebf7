"""Several faults that together have a shape, made from a few numbers of chance.

Chance is a face of one method, so that a seeded stream can stand behind it to hunt, and a
shrinking search to minimise.
"""

from collections.abc import Sequence
from typing import Protocol, TypeVar

from kactors.faults.fault import Fault
from kactors.faults.host import Bounce
from kactors.faults.network import Clog, Cut
from kactors.faults.when import At, Until

T = TypeVar("T")


class Chance(Protocol):
    """Where numbers come from; `kactors.runtime.random.Random` is one."""

    def below(self, bound: int) -> int:
        """Draw an integer in ``[0, bound)``."""
        ...


def shuffled(chance: Chance, items: Sequence[T]) -> tuple[T, ...]:
    """Return the items in an order drawn from chance."""
    left = list(items)
    return tuple(left.pop(chance.below(len(left))) for _ in range(len(left)))


def swizzle_clog(
    chance: Chance, hosts: Sequence[str], *, at: float, seconds: float
) -> tuple[Fault, ...]:
    """Clog about half of the hosts one by one, then free them one by one in another order.

    Takes ``seconds``, half of it for either. Of all shapes the one that found most bugs in
    FoundationDB. Source: its documentation, "Simulation and Testing", swizzle-clogging.
    """
    if not hosts:
        return ()
    chosen = [host for host in hosts if chance.below(2)] or [hosts[chance.below(len(hosts))]]
    step = seconds / 2 / len(chosen)
    freed = shuffled(chance, chosen)
    return tuple(
        Clog(
            "*",
            host,
            start=At(_ms(at + step * place)),
            end=Until(_ms(at + seconds / 2 + step * (freed.index(host) + 1))),
        )
        for place, host in enumerate(shuffled(chance, chosen))
    )


def rolling_bounce(
    chance: Chance, hosts: Sequence[str], *, at: float, down: float, up: float
) -> tuple[Fault, ...]:
    """Bounce every host once, one after another, as an upgrade does.

    Each is down for ``down`` seconds, and the next goes down ``up`` seconds later.
    """
    return tuple(
        Bounce(host, start=At(_ms(begin)), end=Until(_ms(begin + down)))
        for place, host in enumerate(shuffled(chance, hosts))
        for begin in [at + place * (down + up)]
    )


def flapping_link(
    source: str, target: str, *, at: float, times: int, down: float, up: float
) -> tuple[Fault, ...]:
    """Cut a link and mend it, again and again: quicker than anybody can react."""
    return tuple(
        Cut(source, target, start=At(_ms(begin)), end=Until(_ms(begin + down)))
        for time in range(times)
        for begin in [at + time * (down + up)]
    )


def _ms(seconds: float) -> float:
    """Round to milliseconds: a plan is also read by people."""
    return round(seconds, 3)
