"""What of a simulated file reaches the medium, and what does not."""

from hypothesis import given
from hypothesis import strategies as st

from kactors.runtime import stream
from kactors.storage.medium import SECTOR_BYTES, Content, sector_count
from tests.storage.every_choice import EveryChoice

A, B, C = (bytes([letter]) * SECTOR_BYTES for letter in b"ABC")
ZERO = bytes(SECTOR_BYTES)


def outcomes(make: Content | None = None, *, torn: bool = True, **writes: bytes) -> set[bytes]:
    """Return everything that a crash can leave of these writes; ``at_512=b"x"`` and so on."""
    choice = EveryChoice()
    found = set()
    for _ in choice:
        content = Content()
        if make is not None:
            content.write(0, bytes(make.medium))
            content.settle(content.last_number)
        for name, data in writes.items():
            content.write(int(name.rpartition("_")[2]), data)
        content.crash(choice, torn=torn)
        found.add(bytes(content.cache))
    return found


def synced(data: bytes) -> Content:
    """Return a file that holds this, safely."""
    content = Content()
    content.write(0, data)
    content.settle(content.last_number)
    return content


def test_what_was_settled_survives() -> None:
    """A crash takes nothing from what a sync has covered."""
    content = synced(b"safe")

    content.crash(EveryChoice(), torn=True)

    assert content.cache == b"safe"


def test_unsynced_sectors_survive_independently() -> None:
    """Of two unsynced sectors any subset may survive, with zeros in the place of the other."""
    assert outcomes(at_0=A + B) == {b"", A, ZERO + B, A + B}


def test_a_sector_is_never_half_written() -> None:
    """Within a sector, a write is there or is not; what was there before stays."""
    assert outcomes(synced(A), at_0=b"x" * 100) == {A, b"x" * 100 + A[100:]}


def test_writes_to_one_sector_survive_in_order() -> None:
    """A later write to a sector does not survive without the earlier one."""
    assert outcomes(at_0=b"one", tail_3=b"two") == {b"", b"one", b"onetwo"}


def test_without_tearing_a_prefix_of_the_writes_survives() -> None:
    """If the disk does not tear, writes are kept or lost whole and in order."""
    assert outcomes(torn=False, at_0=A + B, more_1024=C) == {b"", A + B, A + B + C}


def test_tearing_is_told() -> None:
    """A crash says whether some sectors of a write have survived and others not."""
    choice = EveryChoice()
    told = {}
    for _ in choice:
        content = Content()
        content.write(0, A + B)
        was_torn = content.crash(choice, torn=True)
        told[bytes(content.cache)] = was_torn

    assert told == {b"": False, A: True, ZERO + B: True, A + B: False}


def test_a_resize_is_a_barrier() -> None:
    """What follows a truncation survives only if the truncation does."""
    choice = EveryChoice()
    found = set()
    for _ in choice:
        content = synced(A + B)
        content.resize(0)
        content.write(0, C)
        content.crash(choice, torn=True)
        found.add(bytes(content.cache))

    assert found == {A + B, b"", C}


def test_a_resize_can_extend_by_zeros() -> None:
    """An extension reads as zeros, and settles like any other change."""
    content = synced(b"x")

    content.resize(3)
    content.settle(content.last_number)
    content.crash(EveryChoice(), torn=True)

    assert content.cache == b"x\0\0"


def test_a_failed_sync_hides_what_it_lost() -> None:
    """After it the cache shows everything, and no later sync writes what the first has not."""
    choice = EveryChoice()
    left = set()
    for _ in choice:
        content = Content()
        content.write(0, A + B)
        content.abandon(content.last_number, choice, torn=True)
        assert content.cache == A + B
        content.settle(content.last_number)
        content.crash(choice, torn=True)
        left.add(bytes(content.cache))

    assert left == {b"", A, ZERO + B, A + B}


def test_a_sync_covers_what_was_written_before_it() -> None:
    """What is written while a sync is under way is left to the next one."""
    content = Content()
    content.write(0, A)
    number = content.last_number
    content.write(SECTOR_BYTES, B)

    content.settle(number)

    assert content.medium == A
    assert content.pending_bytes() == SECTOR_BYTES


def test_a_lost_write_is_seen_until_the_crash() -> None:
    """The disk acknowledges it, the cache shows it, and the medium never has it."""
    content = synced(A + B)

    content.write(0, C, shift=None)
    content.settle(content.last_number)
    before = bytes(content.cache)
    content.crash(EveryChoice(), torn=True)

    assert (before, bytes(content.cache)) == (C + B, A + B)


def test_a_lost_write_still_makes_the_file_longer() -> None:
    """The size is the file system's, and not lost: there are zeros in place of the data."""
    content = Content()

    content.write(0, A, shift=None)
    content.settle(content.last_number)

    assert content.medium == ZERO


def test_a_misdirected_write_hits_another_sector() -> None:
    """It destroys what is there, and its own sector stays as it was."""
    content = synced(A + B)

    content.write(0, C, shift=1)
    content.settle(content.last_number)
    before = bytes(content.cache)
    content.crash(EveryChoice(), torn=True)

    assert (before, bytes(content.cache)) == (C + B, A + C)


def test_a_later_write_heals_what_the_cache_has_right() -> None:
    """A write brings its whole sector to the medium, as the cache shows it."""
    content = synced(A)
    content.write(0, b"lost", shift=None)
    content.settle(content.last_number)

    content.write(10, b"kept")
    content.settle(content.last_number)

    assert content.medium == content.cache


def test_rot_is_seen_at_once_and_stays() -> None:
    """One bit is flipped on the medium and in the cache alike."""
    content = synced(b"\x00\x00")

    content.rot(1, 7)

    assert (bytes(content.cache), bytes(content.medium)) == (b"\x00\x80", b"\x00\x80")


def test_sectors_are_counted_as_they_are_begun() -> None:
    """A byte takes a sector, as 512 do."""
    assert [sector_count(size) for size in (0, 1, 512, 513)] == [0, 1, 1, 2]


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("write"), st.integers(0, 1500), st.binary(min_size=1, max_size=1200)),
        st.tuples(st.just("shift"), st.integers(0, 1500), st.binary(min_size=1, max_size=600)),
        st.tuples(st.just("resize"), st.integers(0, 3000), st.just(b"")),
        st.tuples(st.sampled_from(["settle", "crash", "rot"]), st.integers(0, 9), st.just(b"")),
    ),
    max_size=12,
)


def do(content: Content, step: tuple[str, int, bytes]) -> None:
    """Do one thing to a file."""
    what, number, data = step
    match what:
        case "write" | "shift":
            content.write(min(number, len(content.cache)), data, shift=int(what == "shift"))
        case "resize":
            content.resize(number)
        case "settle":
            content.settle(max(0, content.last_number - number))
        case "crash":
            content.crash(stream(number, "crash"), torn=True)
        case _:
            content.rot(number, number % 8)


@given(steps=STEPS)
def test_a_file_at_rest_behaves_like_any_other(steps: list[tuple[str, int, bytes]]) -> None:
    """Keeping the bytes once whenever that is possible changes nothing that can be seen."""
    plain, resting = Content(), Content()
    for step in steps:
        do(plain, step)
        do(resting, step)
        resting.rest()
        assert (resting.cache, resting.medium) == (plain.cache, plain.medium)
        assert resting.pending == plain.pending


def test_the_bytes_of_a_file_at_rest_are_kept_once() -> None:
    """What is durable needs no second copy; what is not does, and so does the next write."""
    content = synced(A)
    content.rest()
    assert content.medium is content.cache

    content.write(0, B)
    content.rest()
    assert content.cache == B
    assert content.medium == A
