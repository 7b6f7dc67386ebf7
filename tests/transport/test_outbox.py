"""The outbox: bounded, in order, and every frame accounted for."""

from hypothesis import given
from hypothesis import strategies as st

from kactors.transport.outbox import BATCH_BYTES, Outbox


def outbox(frames_max: int = 1000, bytes_max: int = 10**7) -> Outbox:
    """Return an empty one."""
    return Outbox(frames_max=frames_max, bytes_max=bytes_max)


def test_first_in_first_out() -> None:
    """One take has all that waits, in the order of the puts."""
    box = outbox()
    for frame in (b"one", b"two", b"three"):
        box.put(frame)

    assert box.take() == b"onetwothree"
    assert box.take() == b""


def test_too_many_frames_are_refused() -> None:
    """A frame beyond the bound is refused, and fits again once there is room."""
    box = outbox(frames_max=2)

    assert [box.put(b"x") for _ in range(3)] == [True, True, False]
    box.take()
    assert box.put(b"x")


def test_too_many_bytes_are_refused() -> None:
    """Bytes are bounded as well as frames."""
    box = outbox(bytes_max=10)

    assert box.put(b"x" * 6)
    assert not box.put(b"x" * 5)
    assert box.put(b"x" * 4)
    assert box.waiting_bytes == 10


def test_each_put_nudges() -> None:
    """Whoever serves the outbox hears of every frame that was let in, and of no other."""
    box = outbox(frames_max=2)
    nudges: list[int] = []
    box.nudge = lambda: nudges.append(len(box))

    for _ in range(3):
        box.put(b"x")

    assert nudges == [1, 2]


def test_a_batch_is_bounded() -> None:
    """One take leaves the rest for the next, so that a ping never waits for all of it."""
    box = outbox()
    for _ in range(3):
        box.put(bytes(BATCH_BYTES // 2))

    assert [len(box.take()) for _ in range(3)] == [BATCH_BYTES, BATCH_BYTES // 2, 0]


def test_a_long_frame_goes_alone() -> None:
    """A frame longer than a batch is taken whole, without its neighbours."""
    box = outbox()
    box.put(b"before")
    box.put(bytes(3 * BATCH_BYTES))
    box.put(b"after")

    assert [len(box.take()) for _ in range(3)] == [6, 3 * BATCH_BYTES, 5]


def test_pending_counts_what_was_taken_until_it_is_settled() -> None:
    """A frame on its way to the kernel still counts as pending."""
    box = outbox()
    box.put(b"one")
    box.put(b"two")
    box.take()
    box.put(b"three")

    assert (box.pending, len(box)) == (3, 1)
    assert box.settle() == 2
    assert (box.pending, box.settle()) == (1, 0)


def test_discard_drops_what_waits_and_not_what_was_taken() -> None:
    """What a connection has taken is its own to settle."""
    box = outbox()
    box.put(b"one")
    box.take()
    box.put(b"two")

    assert box.discard() == 1
    assert (box.pending, box.waiting_bytes) == (1, 0)


@given(st.lists(st.sampled_from(["put", "take", "settle", "discard"]) | st.integers(0, 400_000)))
def test_every_frame_is_accounted_for(steps: list[str | int]) -> None:
    """Frames put are pending, settled or discarded; bytes never go astray."""
    box = outbox(frames_max=8, bytes_max=10**6)
    put = settled = discarded = waiting_bytes = 0

    for step in steps:
        match step:
            case "take":
                waiting_bytes -= len(box.take())
            case "settle":
                settled += box.settle()
            case "discard":
                discarded += box.discard()
                waiting_bytes = 0
            case _:
                size = step if isinstance(step, int) else 1
                if box.put(bytes(size)):
                    put += 1
                    waiting_bytes += size

        assert put == box.pending + settled + discarded
        assert box.waiting_bytes == waiting_bytes
