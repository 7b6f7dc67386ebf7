"""Faults as values: they print as source code, and refuse what cannot be."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given

from kactors import faults
from kactors.faults import (
    At,
    Bounce,
    Bridge,
    ClockDrift,
    ClockJump,
    Crash,
    Cut,
    Delay,
    Delivered,
    DiskFull,
    Drop,
    Duplicate,
    FaultError,
    For,
    Hold,
    InvalidFaultError,
    Isolate,
    KillActor,
    Loss,
    Messages,
    Partition,
    Pause,
    ProbeHit,
    Ring,
    SlowDisk,
    Throttle,
    Uniform,
    Until,
    When,
)
from kactors.faults.fault import Fault
from kactors.faults.schema import FAULTS
from tests.faults import strategies

AT = At(1)


@given(strategies.faults)
def test_a_fault_prints_as_source_code(fault: Fault) -> None:
    """Its repr evaluates to an equal fault."""
    assert eval(repr(fault), vars(faults)) == fault


@given(strategies.faults)
def test_a_fault_can_be_a_key(fault: Fault) -> None:
    """Equal faults have equal hashes."""
    assert hash(eval(repr(fault), vars(faults))) == hash(fault)


@given(strategies.faults)
def test_a_fault_resolves_to_itself_where_nothing_is_symbolic(fault: Fault) -> None:
    """Resolving passes every name once and changes nothing else."""
    assert fault.resolved(lambda name: name) == fault


def test_all_kinds_are_listed() -> None:
    """Every public fault can be read from a file."""
    public = {
        value
        for value in vars(faults).values()
        if isinstance(value, type) and issubclass(value, Fault) and value is not Fault
    }

    assert public == set(FAULTS)


def test_a_repr_says_what_before_when() -> None:
    """Its own fields come first, and defaults are left out."""
    fault = Duplicate("a", "b", 0.5, start=At(1.5), end=For(2), spread=0.1)

    assert repr(fault) == "Duplicate('a', 'b', 0.5, spread=0.1, start=At(1.5), end=For(2))"


def test_a_fault_knows_its_hosts() -> None:
    """In the order of naming, without the star."""
    assert Cut("b", "a", start=AT, end=For(1)).hosts() == ("b", "a")
    assert Cut("*", "a", start=AT, end=For(1)).hosts() == ("a",)
    assert Partition((("c", "a"), ("b",)), start=AT, end=For(1)).hosts() == ("c", "a", "b")
    assert KillActor("a/x", start=AT).hosts() == ("a",)
    assert Drop(Messages("x"), start=AT, end=For(1)).hosts() == ()


def test_symbols_are_resolved_wherever_names_stand() -> None:
    """Host, pair, group and address."""
    parts = {"@leader": "a", "@other": "b"}

    def resolve(name: str) -> str:
        return parts.get(name, name)

    assert Crash("@leader", start=AT).resolved(resolve) == Crash("a", start=AT)
    assert KillActor("@leader/x", start=AT).resolved(resolve) == KillActor("a/x", start=AT)
    cut = Cut("@leader", "@other", start=AT, end=For(1))
    assert cut.resolved(resolve) == Cut("a", "b", start=AT, end=For(1))
    parted = Partition((("@leader",), ("@other", "c")), start=AT, end=For(1))
    assert parted.resolved(resolve).hosts() == ("a", "b", "c")


def test_the_key_leaves_out_the_end() -> None:
    """A fault made shorter draws the same numbers while it lasts."""
    longer = Loss("a", "b", 0.5, start=AT, end=For(10))
    shorter = Loss("a", "b", 0.5, start=AT, end=For(5))

    assert longer.key == shorter.key
    assert longer.key != Loss("a", "b", 0.6, start=AT, end=For(10)).key
    assert Crash("a", start=AT).key == "Crash('a', start=At(1))"


def test_a_one_way_fault_has_one_rule() -> None:
    """Both ways is the rule, one way the exception that is asked for."""
    both = Cut("a", "b", start=AT, end=For(1))
    one = Cut("a", "b", one_way=True, start=AT, end=For(1))

    assert [setting[:2] for setting in both.settings] == [("a", "b"), ("b", "a")]
    assert [setting[:2] for setting in one.settings] == [("a", "b")]


def test_a_cut_of_everything_is_one_rule() -> None:
    """From all to all is the same in both directions."""
    assert len(Cut("*", "*", start=AT, end=For(1)).settings) == 1


def test_isolation_has_directions() -> None:
    """Deaf, mute or both; texts from files are understood."""

    def pairs(fault: Isolate) -> list[tuple[object, object]]:
        return [setting[:2] for setting in fault.settings]

    assert pairs(Isolate("a", start=AT, end=For(1))) == [("*", "a"), ("a", "*")]
    assert pairs(Isolate("a", "in", start=AT, end=For(1))) == [("*", "a")]
    assert pairs(Isolate("a", faults.Direction.OUT, start=AT, end=For(1))) == [("a", "*")]


@pytest.mark.parametrize("count", [3, 4, 5, 6, 7])
def test_in_a_ring_everyone_hears_a_majority_and_no_two_the_same(count: int) -> None:
    """The promise of majorities-ring."""
    members = tuple("abcdefg"[:count])
    ring = Ring(members, start=AT, end=For(1))

    heard = [frozenset((member, *ring.heard_by(member))) for member in members]

    assert all(len(each) == count // 2 + 1 for each in heard)
    assert len(set(heard)) == count
    deaf = {target: set(sources) for sources, target, _ in ring.settings}
    assert all(
        deaf[member] == set(members) - each for member, each in zip(members, heard, strict=True)
    )


def test_a_lasting_fault_needs_an_end() -> None:
    """It says what to give."""
    says = re.escape("Cut('a', 'b', start=At(1)) has no end: give end=For(seconds)")
    with pytest.raises(InvalidFaultError, match=says):
        Cut("a", "b", start=AT)
    assert Cut("a", "b", start=AT, forever=True).end is None


def test_what_happens_at_once_has_no_end() -> None:
    """A crash is over when it has happened."""
    with pytest.raises(InvalidFaultError, match="happens at once: give no end"):
        Crash("a", start=AT, end=For(1))
    with pytest.raises(InvalidFaultError, match="happens at once"):
        Crash("a", start=AT, forever=True)


def test_an_end_contradicts_forever() -> None:
    """One of the two has to go."""
    with pytest.raises(InvalidFaultError, match="has an end and lasts forever"):
        Pause("a", start=AT, end=For(1), forever=True)


def test_an_end_comes_after_the_start() -> None:
    """Times that contradict each other are refused where they are written."""
    with pytest.raises(InvalidFaultError, match="ends before it begins"):
        Pause("a", start=At(5), end=Until(5))


ONCE: dict[str, Any] = {"start": AT}
LASTS: dict[str, Any] = {"start": AT, "end": For(1)}

REFUSED: list[tuple[Callable[..., object], tuple[Any, ...], dict[str, Any], str]] = [
    (Crash, ("",), ONCE, "Crash.host is '': give the name of one host"),
    (Crash, ("*",), ONCE, "Crash.host is '*': give the name of one host"),
    (Crash, ("a",), {"start": 5}, "Crash.start is 5: give At(seconds) or When(trigger)"),
    (Pause, ("a",), {"start": AT, "end": 3}, "Pause.end is 3: give For(seconds), Until"),
    (At, (-1,), {}, "At.seconds is -1: give a finite number of seconds, 0 or more"),
    (At, (float("nan"),), {}, "At.seconds is nan: give a finite number"),
    (For, ("1",), {}, "For.seconds is '1': give a finite number"),
    (When, ("x",), {}, "When.trigger is 'x': give a trigger, one of Sent, Delivered"),
    (When, (ProbeHit("x"), 0), {}, "When.occurrence is 0: give a whole number, 1 or more"),
    (ProbeHit, ("",), {}, "ProbeHit.name is '': give a text that is not empty"),
    (Delivered, (), {"where": {"a": []}}, "Delivered.where is (('a', []),): give a dict"),
    (Delivered, (), {"where": 3}, "Delivered.where is 3: give a dict"),
    (Delivered, (), {"before": 1}, "Delivered.before is 1: give True or False"),
    (Cut, (1, "a"), LASTS, "Cut.source is 1: give the name of a host, or '*'"),
    (Cut, ("a", "a"), LASTS, "a host's way to itself is no link, name two hosts"),
    (Isolate, ("a", "up"), LASTS, "Isolate.direction is 'up': give 'both', 'in'"),
    (Partition, ((("a",),),), LASTS, "give two or more groups without a host in common"),
    (Partition, ((("a",), ("a",)),), LASTS, "give two or more groups"),
    (Partition, ((("a",), ()),), LASTS, "give a tuple of names of hosts"),
    (Bridge, (("a",), ("b",), ("a",)), LASTS, "a host stands on two sides"),
    (Ring, (("a", "b"),), LASTS, "a ring parts nobody below 3 hosts"),
    (Ring, (("a", "b", "b"),), LASTS, "each of them once"),
    (Delay, ("a", "b", 5), LASTS, "Delay.latency is 5: give a distribution in seconds"),
    (Loss, ("a", "b", 2), LASTS, "Loss.probability is 2: give a probability"),
    (Loss, ("a", "b", 0), LASTS, "Loss.probability is 0: give a probability"),
    (Throttle, ("a", "b", 0), LASTS, "bytes_per_second is 0: give bytes per second"),
    (Hold, ("x",), LASTS, "Hold.messages is 'x': say which with Messages(tag"),
    (Drop, (Messages("x"),), LASTS | {"count": 0}, "Drop.count is 0: give a whole number"),
    (KillActor, ("a",), ONCE, "KillActor.address is 'a': give the address of an actor"),
    (ClockJump, ("a", 0), ONCE, "ClockJump.seconds is 0: give seconds, below 0"),
    (ClockDrift, ("a", -1_000_000), LASTS, "ClockDrift.ppm is -1000000: give parts"),
    (SlowDisk, ("a", 0), LASTS, "SlowDisk.factor is 0: give a whole number, 1 or more"),
    (DiskFull, ("a", -1), LASTS, "give a whole number of bytes, 0 or more"),
    (Bounce, ("a",), ONCE, "Bounce('a', start=At(1)) has no end"),
    (Uniform, (2, 1), {}, "low lies above high, exchange them"),
]


@pytest.mark.parametrize(("make", "arguments", "timing", "says"), REFUSED)
def test_what_cannot_be_is_refused_with_a_remedy(
    make: Callable[..., object], arguments: tuple[Any, ...], timing: dict[str, Any], says: str
) -> None:
    """The message names the class, the field, what it is and what to give."""
    with pytest.raises(ValueError, match=re.escape(says)):
        make(*arguments, **timing)


def test_every_refusal_is_a_fault_error() -> None:
    """One family to catch, apart from what the transports refuse."""
    with pytest.raises(FaultError):
        Crash("", start=AT)
