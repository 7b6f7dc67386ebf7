"""Messages as text."""

import pytest

from kactors.raft import (
    Action,
    AppendEntries,
    AppendEntriesReply,
    ConfChange,
    Entry,
    Heartbeat,
    HeartbeatReply,
    InstallSnapshot,
    InstallSnapshotReply,
    MemberChange,
    Message,
    PreVote,
    PreVoteReply,
    Propose,
    ReadIndex,
    ReadIndexReply,
    RequestVote,
    RequestVoteReply,
    SnapshotMetadata,
    TimeoutNow,
    TransferLeadership,
)
from kactors.raft.describe import describe, describe_change, describe_entry
from tests.raft.solo import THREE


@pytest.mark.parametrize(
    ("message", "text"),
    [
        (RequestVote(2, 5, 1, 4, 1), "RequestVote term=2 last=5/1 commit=4/1"),
        (
            RequestVote(2, 5, 1, 4, 1, transfer=True),
            "RequestVote term=2 last=5/1 commit=4/1 transfer",
        ),
        (RequestVoteReply(2, True, 4, 1), "RequestVoteReply term=2 granted commit=4/1"),
        (PreVote(2, 5, 1, 4, 1), "PreVote term=2 last=5/1 commit=4/1"),
        (PreVoteReply(1, 2, False, 4, 1), "PreVoteReply term=1 for=2 refused commit=4/1"),
        (
            AppendEntries(2, 5, 1, (Entry(6, 2, b"x"), Entry(7, 2)), 4),
            "AppendEntries term=2 prev=5/1 commit=4 [6/2 x, 7/2]",
        ),
        (AppendEntriesReply(2, True, 7), "AppendEntriesReply term=2 match=7"),
        (
            AppendEntriesReply(2, True, 7, recovering=3),
            "AppendEntriesReply term=2 match=7 recovering",
        ),
        (AppendEntriesReply(2, False, 7, 5, 1), "AppendEntriesReply term=2 refused=7 hint=5/1"),
        (Heartbeat(2, 4, 9), "Heartbeat term=2 commit=4 round=9"),
        (HeartbeatReply(2, 9), "HeartbeatReply term=2 round=9"),
        (
            InstallSnapshot(2, SnapshotMetadata(9, 1, THREE), 8, b"1234", done=True),
            "InstallSnapshot term=2 snapshot=9/1 bytes=[8, 12) done",
        ),
        (
            InstallSnapshotReply(2, 9, 8, 12, accepted=True),
            "InstallSnapshotReply term=2 snapshot=9 chunk=8 accepted want=12",
        ),
        (TimeoutNow(2), "TimeoutNow term=2"),
        (TransferLeadership(2, 3), "TransferLeadership term=2 to=3"),
        (Propose(2, (b"x", b"y")), "Propose term=2 count=2"),
        (ReadIndex(2, 7), "ReadIndex term=2 request=7"),
        (ReadIndexReply(2, 7, 5), "ReadIndexReply term=2 request=7 index=5"),
    ],
    ids=lambda value: value.split()[0] if isinstance(value, str) else "",
)
def test_a_message_is_one_line(message: Message, text: str) -> None:
    """Its class, its term, and what matters of the rest."""
    assert describe(message) == text


def test_long_or_binary_data_is_cut_and_escaped() -> None:
    """A transcript stays readable."""
    assert describe_entry(Entry(3, 2, b"\xff" + b"x" * 40)) == "3/2 \\xff" + "x" * 23 + "..."


def test_a_change_is_the_operations_it_consists_of() -> None:
    """An empty one leaves a joint configuration."""
    changes = (MemberChange(Action.ADD_VOTER, 4), MemberChange(Action.REMOVE, 2))

    assert describe_change(ConfChange(changes)) == "add-voter(4) remove(2) auto"
    assert describe_entry(Entry(3, 2, change=ConfChange())) == "3/2 leave-joint"
