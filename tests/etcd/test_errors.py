"""Errors travel, keep their class, and speak etcd's language."""

import pytest

from kactors.etcd.errors import Compacted, EmptyWatchRange, EtcdError, NotLeader
from kactors.wire import decode, encode


@pytest.mark.parametrize("cls", EtcdError.__subclasses__(), ids=lambda cls: cls.__name__)
def test_an_error_arrives_as_what_it_was(cls: type[EtcdError]) -> None:
    """Class, text and code survive the wire, and each says in its docstring what to do."""
    arrived = decode(encode(cls()))

    assert type(arrived) is cls
    assert str(arrived) == str(cls())
    assert cls.code
    assert cls.text in str(arrived)
    assert cls.__doc__


def test_what_an_error_knows_travels_with_it() -> None:
    """Beyond the text that clients compare."""
    assert decode(encode(Compacted(7)), Compacted).compact_revision == 7
    assert decode(encode(NotLeader(3)), NotLeader).leader_hint == 3


def test_texts_differ() -> None:
    """Each error can be told from all others by its text."""
    texts = [cls.text for cls in EtcdError.__subclasses__()]

    assert len(set(texts)) == len(texts)
    assert str(EmptyWatchRange()) == "mvcc: watcher range is empty"
