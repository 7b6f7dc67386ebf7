"""What a leader knows of one member, and how fast it may talk to it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kactors.raft import Configuration, SnapshotMetadata
from kactors.raft.progress import Inflights, Progress, ProgressState, SnapshotTransfer

_SNAPSHOT = SnapshotMetadata(8, 2, Configuration((1, 2, 3)), size_bytes=30)


def progress(
    match_index: int = 3, next_index: int = 4, state: ProgressState = ProgressState.PROBE
) -> Progress:
    """Return a progress with room for two messages and 100 bytes in flight."""
    made = Progress(next_index=next_index, inflights=Inflights(count_max=2, bytes_max=100), now=0)
    made.match_index = match_index
    made.state = state
    return made


@given(st.lists(st.tuples(st.integers(1, 3), st.integers(0, 60)), max_size=12), st.data())
def test_inflights_count_what_is_sent_and_not_acknowledged(
    messages: list[tuple[int, int]], data: st.DataObject
) -> None:
    """Model: a plain list of messages; an acknowledgement covers all up to its index."""
    inflights = Inflights(count_max=3, bytes_max=100)
    model: list[tuple[int, int]] = []
    last_index = 0

    for count, size in messages:
        last_index += count
        inflights.add(last_index, size)
        model.append((last_index, size))
        if data.draw(st.booleans()):
            index = data.draw(st.integers(0, last_index))
            inflights.free_to(index)
            model = [each for each in model if each[0] > index]
        assert len(inflights) == len(model)
        assert inflights.bytes == sum(size for _, size in model)
        assert inflights.full == (len(model) >= 3 or inflights.bytes >= 100)

    inflights.clear()
    assert (len(inflights), inflights.bytes, inflights.full) == (0, 0, False)


def test_a_prober_is_sent_one_message_until_it_answers() -> None:
    """Probing is a guess: more than one at a time would multiply a wrong one."""
    probing = progress()

    assert probing.should_send(last_index=9, commit_index=3)
    probing.note_sent(2, 40, commit_index=3)

    assert probing.next_index == 4
    assert not probing.should_send(last_index=9, commit_index=9)


def test_a_replicating_member_is_sent_entries_up_to_the_limits() -> None:
    """Messages are pipelined; the window bounds them by count."""
    replicating = progress(state=ProgressState.REPLICATE)

    replicating.note_sent(1, 10, commit_index=0)
    assert replicating.should_send(last_index=9, commit_index=0)
    replicating.note_sent(1, 10, commit_index=0)

    assert replicating.next_index == 6
    assert not replicating.may_send_entries(9)
    assert not replicating.should_send(last_index=9, commit_index=0)


def test_the_window_is_bounded_in_bytes_too() -> None:
    """One large message fills it."""
    replicating = progress(state=ProgressState.REPLICATE)

    replicating.note_sent(1, 100, commit_index=0)

    assert not replicating.may_send_entries(9)


def test_a_full_window_still_lets_an_empty_message_ask() -> None:
    """If all in flight is lost, only a message without entries reveals it."""
    replicating = progress(state=ProgressState.REPLICATE)
    replicating.note_sent(1, 100, commit_index=0)

    replicating.paused = False

    assert replicating.should_send(last_index=9, commit_index=0)


def test_a_newer_commit_index_is_sent_once() -> None:
    """It is sent as far as the member may have the entries, and not again."""
    replicating = progress(state=ProgressState.REPLICATE)
    replicating.paused = True

    assert replicating.should_send(last_index=3, commit_index=9)
    replicating.note_sent(0, 0, commit_index=9)

    assert replicating.sent_commit == 3
    assert not replicating.should_send(last_index=3, commit_index=9)


def test_nothing_is_sent_to_a_member_that_gets_a_snapshot() -> None:
    """It could not use it."""
    waiting = progress()

    waiting.become_snapshot(_SNAPSHOT)

    assert not waiting.should_send(last_index=9, commit_index=9)
    assert waiting.transfer is not None


def test_match_never_falls_and_next_stays_above_it() -> None:
    """An old acknowledgement changes nothing."""
    replicating = progress(state=ProgressState.REPLICATE)

    assert replicating.acknowledge(7)
    assert not replicating.acknowledge(5)

    assert (replicating.match_index, replicating.next_index) == (7, 8)


@pytest.mark.parametrize(
    ("rejected", "hint", "next_index"), [(8, 8, 8), (8, 5, 6), (8, 0, 4), (8, 3, 4)]
)
def test_a_prober_backs_off_to_the_hint_but_not_below_what_matches(
    rejected: int, hint: int, next_index: int
) -> None:
    """The next guess is the entry after the hint, and always a smaller one."""
    probing = progress(match_index=3, next_index=9)
    probing.paused = True

    assert probing.back_off(rejected, hint)

    assert probing.next_index == next_index
    assert not probing.paused


def test_a_prober_ignores_answers_to_other_guesses() -> None:
    """They are old: a prober has one guess on its way."""
    probing = progress(match_index=3, next_index=9)

    assert not probing.back_off(6, 2)
    assert probing.next_index == 9


def test_a_replicating_member_that_refuses_is_probed_again() -> None:
    """Something in flight was lost; what is acknowledged stays so."""
    replicating = progress(match_index=3, next_index=9, state=ProgressState.REPLICATE)
    replicating.inflights.add(8, 10)

    assert replicating.back_off(6, 5)

    assert replicating.state is ProgressState.PROBE
    assert replicating.next_index == 4
    assert len(replicating.inflights) == 0


def test_a_refusal_of_what_matches_is_old() -> None:
    """It was overtaken by its own acknowledgement."""
    replicating = progress(match_index=3, next_index=9, state=ProgressState.REPLICATE)

    assert not replicating.back_off(3, 2)
    assert replicating.state is ProgressState.REPLICATE


def test_what_a_lost_disk_acknowledged_is_forgotten() -> None:
    """The leader starts from nothing with such a member."""
    replicating = progress(match_index=3, next_index=9, state=ProgressState.REPLICATE)

    replicating.restart(10)

    assert (replicating.match_index, replicating.next_index) == (0, 10)
    assert replicating.state is ProgressState.PROBE


def test_progress_reads_like_a_sentence() -> None:
    """Transcripts and refusals show it."""
    waiting = progress()
    waiting.paused = True
    waiting.recovering = 7
    assert str(waiting) == "probe match=3 next=4 recovering paused"

    waiting.become_snapshot(_SNAPSHOT)
    assert str(waiting) == "snapshot match=3 next=4 recovering snapshot=8 acked=0"

    waiting.recovering = 0
    waiting.become_replicate()
    waiting.note_sent(1, 100, commit_index=0)
    assert str(waiting) == "replicate match=3 next=5 inflight=1 full"


def test_a_transfer_rewinds_to_any_offset() -> None:
    """What comes after is sent again."""
    transfer = SnapshotTransfer(_SNAPSHOT)
    transfer.acked, transfer.next_offset, transfer.stalled_at = 16, 24, 16

    transfer.rewind(8)

    assert (transfer.acked, transfer.next_offset, transfer.stalled_at) == (8, 8, -1)
