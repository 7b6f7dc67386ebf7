"""Fault plans: what is done to a world in one run, as a value."""

from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from itertools import pairwise
from typing import Any

import attrs

from kactors.faults.errors import InvalidFaultError, UnknownHostError
from kactors.faults.fault import SYMBOL, Fault
from kactors.faults.trigger import ActorDied, ActorStarted, Delivered, Messages, Sent, matches
from kactors.faults.when import At, For, When

_LATER = 1 << 62


def _order(fault: Fault) -> tuple[int, str]:
    """Sort by start; what waits for a trigger comes last."""
    return (fault.start.ns if isinstance(fault.start, At) else _LATER, repr(fault))


def _canonical(faults: Any) -> Any:
    listed = tuple(faults)
    for fault in listed:
        if not isinstance(fault, Fault):
            raise InvalidFaultError(f"{fault!r} is no fault: a plan is made of faults")
    return tuple(sorted(listed, key=_order))


@attrs.frozen(repr=False)
class FaultPlan:
    """Faults in their canonical order: plans with the same faults are equal.

    Example:
        >>> from kactors.faults import At, Crash, Cut, For
        >>> plan = FaultPlan((Crash("b", start=At(2)), Cut("a", "b", start=At(1), end=For(3))))
        >>> plan
        FaultPlan((Cut('a', 'b', start=At(1), end=For(3)), Crash('b', start=At(2))))
        >>> plan.without(0).hosts()
        ('b',)
    """

    faults: tuple[Fault, ...] = attrs.field(default=(), converter=_canonical)

    def __repr__(self) -> str:
        return f"FaultPlan({self.faults!r})" if self.faults else "FaultPlan()"

    def __len__(self) -> int:
        return len(self.faults)

    def __iter__(self) -> Iterator[Fault]:
        return iter(self.faults)

    def __add__(self, other: "FaultPlan") -> "FaultPlan":
        return FaultPlan(self.faults + other.faults)

    def hosts(self) -> tuple[str, ...]:
        """Return the hosts that the faults name, each once, in order of appearance."""
        return tuple(dict.fromkeys(name for fault in self.faults for name in fault.hosts()))

    def without(self, *indices: int) -> "FaultPlan":
        """Return the plan less the faults at these places."""
        gone = {range(len(self.faults))[index] for index in indices}
        return FaultPlan(tuple(f for n, f in enumerate(self.faults) if n not in gone))

    def replaced(self, index: int, fault: Fault) -> "FaultPlan":
        """Return the plan with another fault at this place; its order may change."""
        index = range(len(self.faults))[index]
        return FaultPlan((*self.faults[:index], fault, *self.faults[index + 1 :]))

    def parts(self, count: int) -> tuple["FaultPlan", ...]:
        """Cut the plan into so many parts of nearly equal size, none of them empty.

        Delta debugging tries each part alone and then the plan without it (`complement`).
        """
        count = min(count, len(self.faults))
        edges = [len(self.faults) * n // count for n in range(count + 1)] if count else [0]
        return tuple(FaultPlan(self.faults[begin:end]) for begin, end in pairwise(edges))

    def complement(self, part: "FaultPlan") -> "FaultPlan":
        """Return the plan without the faults of ``part``, each taken away once."""
        left = list(self.faults)
        for fault in part.faults:
            left.remove(fault)
        return FaultPlan(tuple(left))

    def milder(self) -> Iterator["FaultPlan"]:
        """Yield plans in which one fault lasts half as long, or a second at the least."""
        for index, fault in enumerate(self.faults):
            if isinstance(fault.end, For) and fault.end.seconds > 1:
                shorter = attrs.evolve(fault, end=For(max(1.0, fault.end.seconds / 2)))
                yield self.replaced(index, shorter)

    def check(self, hosts: Iterable[str]) -> None:
        """Make sure that a world with these hosts has every host that the plan names.

        Names such as ``@leader`` are left to the world.

        Raises:
            UnknownHostError: it has not; the message says which and what is near.
        """
        known = tuple(hosts)
        for index, fault in enumerate(self.faults):
            for name in fault.hosts():
                if not name.startswith(SYMBOL) and name not in known:
                    raise _unknown(index, fault, name, known)
            for pattern in _patterns(fault):
                if not any(matches(pattern.partition("/")[0], host) for host in known):
                    raise _unknown(index, fault, pattern, known)

    def to_python(self) -> str:
        """Return the plan as source code, one fault a line."""
        if not self.faults:
            return "FaultPlan()"
        return "\n".join(["FaultPlan((", *(f"    {fault!r}," for fault in self.faults), "))"])


def _patterns(fault: Fault) -> Iterator[str]:
    """Yield the patterns for addresses in a fault and in its triggers."""
    parts: list[object] = [getattr(fault, field.name) for field in attrs.fields(type(fault))]
    parts += [when.trigger for when in (fault.start, fault.end) if isinstance(when, When)]
    for part in parts:
        if isinstance(part, (Messages, Sent, Delivered)):
            yield part.source
            yield part.target
        elif isinstance(part, (ActorStarted, ActorDied)):
            yield part.address


def _unknown(index: int, fault: Fault, name: str, known: tuple[str, ...]) -> UnknownHostError:
    near = get_close_matches(name.partition("/")[0], known, n=3, cutoff=0.5) or known[:10]
    return UnknownHostError(
        f"fault {index}, {fault!r}, names {name!r}, and there is no such host: "
        f"did you mean {' or '.join(map(repr, near)) or 'to add hosts first'}?"
    )
