"""Links: delay, loss, repetition, order, cuts, holds and replays."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from kactors.testing.raft import Kind, Knobs
from kactors.testing.raft.effect import Effect
from kactors.testing.raft.network import Network

MS = 1_000_000


class Post:
    """A network and what it wants delivered."""

    def __init__(self, *, seed: int = 1, **knobs: Any) -> None:
        self.out: list[tuple[int, int, int, Any]] = []
        self.network = Network(seed, Knobs(**knobs), lambda *each: self.out.append(each))

    def send(self, count: int, at_ns: int = 0) -> None:
        """Send numbers from 1 to 2."""
        for number in range(count):
            self.network.send(at_ns, 1, 2, 1, number)

    @property
    def numbers(self) -> list[Any]:
        """What arrives, in the order of arrival."""
        return [message for *_, message in sorted(self.out, key=lambda each: each[0])]


def test_a_good_network_delivers_once_and_soon() -> None:
    """Half to one and a half of the latency, rarely up to sixteen times more."""
    post = Post(latency_ms=10)

    post.send(1000)

    assert sorted(post.numbers) == list(range(1000))
    delays = sorted(at_ns for at_ns, *_ in post.out)
    assert delays[0] >= 5 * MS
    assert delays[900] <= 15 * MS
    assert 16 * MS < delays[-1] <= 16 * 15 * MS


def test_order_is_kept_if_asked_for() -> None:
    """Only then; on the other network some message overtakes another."""
    ordered, free = Post(latency_ms=10, in_order=True), Post(latency_ms=10)
    for post in (ordered, free):
        post.send(200)

    assert ordered.numbers == list(range(200))
    assert free.numbers != list(range(200))


def test_losses_repeats_and_echoes_have_their_rates() -> None:
    """Messages in a thousand, each of its own."""
    lossy, twice, late = Post(loss=200), Post(repeat=200), Post(echo=200)
    for post in (lossy, twice, late):
        post.send(1000)

    assert 700 < len(lossy.out) < 900
    assert lossy.network.lost == 1000 - len(lossy.out)
    assert 1100 < len(twice.out) < 1300
    assert 1100 < len(late.out) < 1300
    assert max(at_ns for at_ns, *_ in late.out) > 1000 * MS


def test_a_burst_raises_the_rates_for_a_while() -> None:
    """And it is felt, if anything came of it."""
    post = Post()
    burst = (Effect(Kind.LOSSY), 400, 0)
    post.network.bursts.append(burst)

    post.send(500)
    post.network.bursts.remove(burst)
    lost = post.network.lost
    post.send(500)

    assert 100 < lost < 300
    assert post.network.lost == lost
    assert burst[0].felt


def test_a_cut_loses_and_a_mended_link_delivers() -> None:
    """One way only, if one way is cut; two cuts must both be mended."""
    post = Post()
    one, other = Effect(Kind.ISOLATE), Effect(Kind.CUT_LINK)
    post.network.cut(one, [(1, 2)])
    post.network.cut(other, [(1, 2)])

    post.send(3)
    post.network.send(0, 2, 1, 1, "back")
    post.network.mend(one)
    post.send(3)
    post.network.mend(other)
    post.send(1)

    assert sorted(map(str, post.numbers)) == ["0", "back"]
    assert one.felt
    assert other.felt


def test_what_is_held_arrives_at_the_release() -> None:
    """All of it, in order or backwards, unless another hold still has it."""
    for backwards in (False, True):
        post = Post()
        hold, other = Effect(Kind.HOLD), Effect(Kind.SWIZZLE)
        post.network.hold(hold, [(1, 2)])
        post.network.hold(other, [(1, 2)])
        post.send(4)

        post.network.release(50 * MS, hold)
        assert post.out == []
        post.network.release(60 * MS, other, backwards=backwards)

        assert post.numbers == ([3, 2, 1, 0] if backwards else [0, 1, 2, 3])
        assert min(at_ns for at_ns, *_ in post.out) == 60 * MS
        assert hold.felt
        assert other.felt


def test_replays_are_of_what_was_sent() -> None:
    """On that link, and nothing where nothing was."""
    post = Post()
    post.send(100)
    before = len(post.out)

    count = post.network.replay(500 * MS, 1, 2, 0)

    assert count == len(post.out) - before > 0
    assert set(post.numbers[before:]) <= set(range(100))
    assert post.network.replay(500 * MS, 2, 1, 0) == 0


def test_calm_ends_everything() -> None:
    """No losses, no cuts, no holds, and the latency of the calm."""
    post = Post(loss=500, echo=500, repeat=500, latency_ms=400)
    post.network.cut(Effect(Kind.ISOLATE), [(1, 2)])
    post.network.hold(Effect(Kind.HOLD), [(2, 1)])
    post.network.send(0, 2, 1, 1, "held")

    post.network.calm_down(0, latency_ms=1)
    post.send(100)

    assert sorted(map(str, post.numbers)) == sorted([*map(str, range(100)), "held"])
    assert max(at_ns for at_ns, *_ in post.out) < 100 * MS


@given(seed=st.integers(0, 2**32), other=st.integers(1, 20))
def test_chance_is_keyed_by_link_and_term(seed: int, other: int) -> None:
    """What other links and terms do leaves a link as it was."""
    alone, busy = Post(seed=seed, loss=100), Post(seed=seed, loss=100)

    for number in range(other):
        busy.network.send(0, 3, 2, 1, number)
        busy.network.send(0, 1, 2, 9, number)
    busy.out.clear()
    for post in (alone, busy):
        post.send(20)

    assert alone.out == busy.out
