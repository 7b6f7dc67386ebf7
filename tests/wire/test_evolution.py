"""Old and new versions of a program understand each other's messages."""

from typing import Any

import attrs
import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kactors.wire import Malformed, Registry, message, remote_error
from tests.wire.strategies import plain_values

OLD, NEW = Registry(), Registry()


@message("test.entry", registry=OLD)
class OldEntry:
    """The first version."""

    term: int


@message("test.entry", registry=NEW)
class NewEntry:
    """A field was added at the end."""

    term: int
    data: bytes = b"none"


@message("test.append", registry=OLD)
class OldAppend:
    """The first version."""

    member: str
    entries: tuple[OldEntry, ...]


@message("test.append", registry=NEW)
class NewAppend:
    """Three fields were added, one of them taken by keyword only."""

    member: str
    entries: tuple[NewEntry, ...]
    commit: int = 0
    labels: dict[str, str] = attrs.field(factory=dict)
    total: int = attrs.field(
        default=attrs.Factory(lambda self: len(self.entries), takes_self=True), kw_only=True
    )


@remote_error("test.refused", registry=OLD)
class OldRefused(Exception):
    """Refused."""

    term: int


@remote_error("test.refused", registry=NEW)
class NewRefused(Exception):
    """Refused."""

    term: int
    hint: str | None = None


@given(member=st.text(), terms=st.lists(st.integers(0, 2**63)))
def test_a_new_reader_fills_in_what_an_old_writer_did_not_know(
    member: str, terms: list[int]
) -> None:
    """Missing fields at the end get their defaults, in nested messages too."""
    data = OLD.encode(OldAppend(member, tuple(map(OldEntry, terms))))
    assert NEW.decode(data) == NewAppend(member, tuple(map(NewEntry, terms)))


@given(member=st.text(), terms=st.lists(st.integers(0, 2**63)), commit=st.integers(0, 9))
def test_an_old_reader_skips_what_a_new_writer_added(
    member: str, terms: list[int], commit: int
) -> None:
    """Fields that are too many at the end are not looked at, in nested messages too."""
    entries = tuple(NewEntry(term, b"data") for term in terms)
    data = NEW.encode(NewAppend(member, entries, commit, {"a": "b"}, total=7))
    assert OLD.decode(data) == OldAppend(member, tuple(map(OldEntry, terms)))


@given(more=st.lists(plain_values(), max_size=3))
def test_any_added_fields_are_skipped(more: list[Any]) -> None:
    """What a later version adds may have any shape."""
    assert OLD.decode(msgpack.packb(["test.entry", 1, *more])) == OldEntry(1)


@pytest.mark.parametrize("count", [2, 3, 4, 5])
def test_versions_in_between(count: int) -> None:
    """Each field that was added may be the first one missing."""
    fields = ["m", [], 5, {"a": "b"}, 9][:count]
    defaults = ["m", (), 0, {}, 0]
    expected: list[Any] = [*fields, *defaults[count:]]
    expected[1] = ()

    decoded = NEW.decode(msgpack.packb(["test.append", *fields]), NewAppend)

    found = [decoded.member, decoded.entries, decoded.commit, decoded.labels, decoded.total]
    assert found == expected


def test_fields_that_are_there_are_checked_as_ever() -> None:
    """A short message is no less strict."""
    with pytest.raises(Malformed, match=r"NewAppend\.commit must be int"):
        NEW.decode(msgpack.packb(["test.append", "m", [], "5"]))


@pytest.mark.parametrize("fields", [[], ["m"]])
def test_fields_without_a_default_must_be_there(fields: list[Any]) -> None:
    """The error names the first one that is not."""
    name = ["member", "entries"][len(fields)]
    with pytest.raises(Malformed, match=rf"NewAppend\.{name} is missing"):
        NEW.decode(msgpack.packb(["test.append", *fields]))


def test_errors_evolve_as_messages_do() -> None:
    """Both ways."""
    assert NEW.decode(OLD.encode(OldRefused(3)), NewRefused).hint is None
    assert OLD.decode(NEW.encode(NewRefused(3, "x")), OldRefused).term == 3
