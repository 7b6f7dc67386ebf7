"""Shaped faults: what the shapes promise."""

from hypothesis import given
from hypothesis import strategies as st

from kactors.faults import At, Clog, Until
from kactors.faults.shapes import flapping_link, rolling_bounce, shuffled, swizzle_clog
from kactors.runtime.random import stream

HOSTS = ("a", "b", "c", "d", "e", "f")


@given(st.integers(0, 2**32))
def test_a_swizzle_clogs_one_by_one_and_frees_one_by_one(seed: int) -> None:
    """In the first half every chosen host is clogged, in the second every one is freed."""
    made = swizzle_clog(stream(seed, "test"), HOSTS, at=10, seconds=6)

    begins = [fault.start.seconds for fault in made if isinstance(fault.start, At)]
    ends = [fault.end.seconds for fault in made if isinstance(fault.end, Until)]
    assert len(made) == len(begins) == len(ends) >= 1
    assert len(set(begins)) == len(set(ends)) == len(made)
    assert all(10 <= begin < 13 for begin in begins)
    assert all(13 < end <= 16 for end in ends)
    hosts = [fault.target for fault in made if isinstance(fault, Clog)]
    assert len(set(hosts)) == len(made)
    assert set(hosts) <= set(HOSTS)


def test_swizzles_differ() -> None:
    """Over some seeds the order of freeing differs from that of clogging."""
    orders = set()
    for seed in range(20):
        made = swizzle_clog(stream(seed, "test"), HOSTS, at=0, seconds=6)
        freed = sorted(made, key=lambda fault: repr(fault.end))
        orders.add(tuple(made) == tuple(freed))

    assert orders == {True, False}


@given(st.lists(st.integers()), st.integers(0, 2**32))
def test_shuffling_keeps_everything(items: list[int], seed: int) -> None:
    """It is a permutation."""
    assert sorted(shuffled(stream(seed, "test"), items)) == sorted(items)


def test_a_rolling_bounce_has_one_host_down_at_a_time() -> None:
    """Each host once, and never two."""
    made = rolling_bounce(stream(1, "test"), HOSTS, at=5, down=2, up=1)

    times = [
        (f.start.seconds, f.end.seconds)
        for f in made
        if isinstance(f.start, At) and isinstance(f.end, Until)
    ]
    assert sorted(host for fault in made for host in fault.hosts()) == list(HOSTS)
    assert times == [(5 + 3 * n, 7 + 3 * n) for n in range(6)]


def test_a_flapping_link_is_cut_again_and_again() -> None:
    """As often as asked for."""
    made = flapping_link("a", "b", at=1, times=3, down=0.1, up=0.4)

    assert [repr(fault) for fault in made] == [
        "Cut('a', 'b', start=At(1.0), end=Until(1.1))",
        "Cut('a', 'b', start=At(1.5), end=Until(1.6))",
        "Cut('a', 'b', start=At(2.0), end=Until(2.1))",
    ]


def test_chance_needs_one_method_only() -> None:
    """So that a shrinking search can stand behind it."""

    class Lowest:
        def below(self, bound: int) -> int:
            assert bound > 0
            return 0

    (only,) = swizzle_clog(Lowest(), HOSTS, at=0, seconds=2)

    assert only == Clog("*", "a", start=At(0), end=Until(2.0))
    assert swizzle_clog(Lowest(), (), at=0, seconds=2) == ()
