"""Every message of Raft travels: encoded and decoded it is the same."""

from typing import get_args

from hypothesis import given, settings
from hypothesis import strategies as st

from kactors.raft import (
    Action,
    ConfChange,
    Configuration,
    Entry,
    HardState,
    MemberChange,
    Message,
    SnapshotMetadata,
    Transition,
)
from kactors.raft.messages import entry_bytes
from kactors.wire import decode, encode, tag_of

_NUMBERS = st.integers(0, 2**63 - 1)
_MEMBERS = st.lists(_NUMBERS, max_size=4).map(tuple)
_CHANGES = st.builds(
    ConfChange,
    st.lists(st.builds(MemberChange, st.sampled_from(Action), _NUMBERS), max_size=3).map(tuple),
    st.sampled_from(Transition),
    st.binary(max_size=8),
)
_CONFIGURATIONS = st.builds(Configuration, _MEMBERS, _MEMBERS, _MEMBERS, _MEMBERS, st.booleans())
_ENTRIES = st.builds(
    Entry, _NUMBERS, _NUMBERS, st.binary(max_size=8), st.one_of(st.none(), _CHANGES)
)
for _kind, _strategy in (
    (int, _NUMBERS),
    (Entry, _ENTRIES),
    (Configuration, _CONFIGURATIONS),
    (SnapshotMetadata, st.builds(SnapshotMetadata, _NUMBERS, _NUMBERS, _CONFIGURATIONS)),
):
    st.register_type_strategy(_kind, _strategy)
_MESSAGES = st.one_of(*map(st.from_type, (*get_args(Message), Entry, HardState)))


@given(_MESSAGES)
@settings(max_examples=300)
def test_round_trip(message: object) -> None:
    """Nothing is lost and nothing becomes another type."""
    assert decode(encode(message)) == message


def test_tags_name_the_package() -> None:
    """They stay when a class is renamed."""
    assert all(tag_of(kind).startswith("raft.") for kind in get_args(Message))


def test_an_entry_costs_more_than_its_data() -> None:
    """So that a flood of empty ones is bounded, too."""
    assert entry_bytes(Entry(1, 1)) > 0
    assert entry_bytes(Entry(1, 1, b"12345")) == entry_bytes(Entry(1, 1)) + 5
