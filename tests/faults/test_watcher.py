"""What is meant by a description of messages, and by one of fields."""

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kactors import wire
from kactors.faults import Messages
from kactors.faults.trigger import FieldValue, has_fields, matches, matches_address
from kactors.faults.watcher import meant, tag_of
from tests.faults.target_world import Ping, ping


@attrs.frozen
class Inner:
    """A part of a message."""

    name: str = "web"
    labels: dict[str, str] = attrs.field(factory=lambda: {"app": "shop"})


@attrs.frozen
class Outer:
    """A message."""

    key: bytes = b"pods/web"
    ready: bool = True
    count: int = 1
    inner: Inner = attrs.field(factory=Inner)
    nothing: None = None


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("key", "pods/web"),
        ("ready", True),
        ("count", 1),
        ("inner.name", "web"),
        ("inner.labels.app", "shop"),
        ("nothing", None),
    ],
)
def test_a_field_is_found_by_its_name(name: str, wanted: FieldValue) -> None:
    """Dots lead into nested messages and mappings; a text equals its bytes."""
    assert has_fields(Outer(), ((name, wanted),))


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("key", "pods"),
        ("ready", 1),
        ("count", True),
        ("inner.labels.tier", "shop"),
        ("inner.nothing", None),
        ("missing", None),
    ],
)
def test_another_value_or_no_such_field_is_no_match(name: str, wanted: FieldValue) -> None:
    """A truth value is no number, and what is missing is not nothing."""
    assert not has_fields(Outer(), ((name, wanted),))


def test_all_fields_have_to_match() -> None:
    """One that does not is enough."""
    assert has_fields(Outer(), (("count", 1), ("ready", True)))
    assert not has_fields(Outer(), (("count", 1), ("ready", False)))


def test_patterns_match_as_those_of_files_do() -> None:
    """Case counts, and nothing is special but the three."""
    assert matches("etcd-?", "etcd-1")
    assert matches("raft.*", "raft.append")
    assert matches("[ab]", "a")
    assert not matches("raft.append", "raftxappend")
    assert not matches("Etcd", "etcd")


def test_an_address_matches_as_a_whole_or_by_its_host() -> None:
    """Without a slash, every actor of the host is meant."""
    assert matches_address("etcd-*", "etcd-1", "member")
    assert matches_address("etcd-1/m*", "etcd-1", "member")
    assert not matches_address("etcd-1/x", "etcd-1", "member")
    assert not matches_address("member", "etcd-1", "member")


@pytest.mark.parametrize(
    ("messages", "is_meant"),
    [
        (Messages(), True),
        (Messages("tests.faults.ping"), True),
        (Messages("tests.*", "a", "b/pinger"), True),
        (Messages(where={"number": 7, "key": "k"}), True),
        (Messages("tests.faults.pong"), False),
        (Messages(source="b"), False),
        (Messages(target="b/ponger"), False),
        (Messages(where={"number": 8}), False),
    ],
)
def test_a_message_is_meant_if_everything_fits(messages: Messages, is_meant: bool) -> None:
    """Tag, source, target and fields."""
    assert meant(messages, ping("a", "b", 7, b"k")) is is_meant


@given(st.binary(max_size=30))
def test_noise_has_no_tag_and_no_fields(noise: bytes) -> None:
    """A trigger that looks at garbage sees nothing, and nothing breaks."""
    envelope = ping("a", "b", 7)._replace(payload=noise)

    assert isinstance(tag_of(noise), str)
    assert not meant(Messages(where={"number": 7}), envelope)


def test_the_tag_is_read_without_the_class() -> None:
    """Also of messages that are not registered here."""
    assert tag_of(wire.encode(Ping(1))) == "tests.faults.ping"
    assert tag_of(b"\x92\xa3abc\x01") == "abc"
    assert tag_of(b"\x90") == ""
    assert tag_of(b"\x91\x01") == ""
    assert tag_of(b"") == ""
