"""The model says what the store says, by other means; what it knows of the past is tested here."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kactors.etcd.client_txn import create_revision, lease, mod_revision, value, version
from kactors.etcd.messages.kv import (
    Compact,
    Compare,
    CompareTarget,
    DeleteRange,
    KeyValue,
    Operation,
    Put,
    Range,
    Txn,
)
from kactors.etcd.messages.lease import LeaseExpire, LeaseGrant, LeaseRevoke
from kactors.etcd.store import Command, Store
from kactors.testing.etcd.answers import _facts
from kactors.testing.etcd.model import Model, within
from kactors.testing.etcd.truth import Truth
from tests.testing.etcd.replicas import Replica

KEYS = st.sampled_from([b"a", b"b", b"c"])
ENDS = st.sampled_from([b"", b"", b"c", b"\0"])
LEASES = st.integers(1, 3)
PUTS = st.builds(
    Put, KEYS, st.sampled_from([b"x", b"y"]), lease=st.sampled_from([0, 0, 1, 2]),
    prev_kv=st.booleans(),
)  # fmt: skip
DELETES = st.builds(DeleteRange, KEYS, ENDS, prev_kv=st.booleans())
RANGES = st.builds(Range, KEYS, ENDS, limit=st.integers(0, 2))


def compares() -> st.SearchStrategy[Compare]:
    """Every target against every operator."""
    numbers = st.integers(0, 4)
    subject = st.sampled_from([version, create_revision, mod_revision, lease])
    operators = st.sampled_from(["equals", "differs", "greater", "less"])
    of_numbers = st.builds(
        lambda make, key, how, operand: getattr(make(key), how)(operand),
        subject, KEYS, operators, numbers,
    )  # fmt: skip
    of_values = st.builds(
        lambda key, how, operand: getattr(value(key), how)(operand),
        KEYS, operators, st.sampled_from([b"", b"x"]),
    )  # fmt: skip
    return st.one_of(of_numbers, of_values)


def branches() -> st.SearchStrategy[tuple[Operation, ...]]:
    """What may stand in a transaction: each key is written at most once."""

    def distinct(operations: Sequence[Operation]) -> tuple[Operation, ...]:
        written: list[bytes] = []
        kept: list[Operation] = []
        for operation in operations:
            if isinstance(operation, Put):
                if operation.key in written:
                    continue
                written.append(operation.key)
            kept.append(operation)
        return tuple(kept)

    writes = st.lists(st.one_of(PUTS, RANGES), max_size=4).map(distinct)
    return st.one_of(writes, st.builds(lambda each: (each,), DELETES))


TXNS = st.builds(Txn, st.lists(compares(), max_size=2).map(tuple), branches(), branches())
COMMANDS: st.SearchStrategy[Command] = st.one_of(
    PUTS,
    PUTS,
    DELETES,
    TXNS,
    st.builds(Compact, st.integers(1, 12)),
    st.builds(LeaseGrant, st.integers(1, 9), LEASES),
    st.builds(LeaseRevoke, LEASES),
    st.builds(LeaseExpire, st.lists(LEASES, max_size=2).map(tuple), st.integers(1, 2)),
)


@given(st.lists(COMMANDS, max_size=30))
def test_model_and_store_agree(commands: list[Command]) -> None:
    """On every answer, revision, key and lease, whatever is applied."""
    truth = Truth(lambda: 0)
    replica = Replica(truth, "m1")
    answers = Store()

    for number, command in enumerate(commands, start=1):
        before = truth.model.revision
        replica.apply(command)
        answer = answers.apply(number, 1, command)
        assert truth.broken is None, truth.broken
        if isinstance(command, Put | DeleteRange | Txn) and truth.model.revision > before:
            assert truth.model.history[-1].facts == _facts(answer)
    truth.check_whole("m1", replica.store)

    assert truth.broken is None, truth.broken


@given(st.lists(st.one_of(PUTS, DELETES), max_size=15), RANGES, st.integers(1, 15))
def test_the_past_is_as_the_store_tells_it(
    commands: list[Command], request: Range, revision: int
) -> None:
    """A range at an old revision has the same answer from both."""
    model, store = Model(ttl_min=2), Store()
    for index, command in enumerate(commands, start=1):
        model.apply(1, command, 0)
        store.apply(index, 1, command)
    asked = Range(
        request.key, request.range_end, request.limit, revision=min(revision, model.revision)
    )

    assert model.look(asked, model.revision) == _facts(store.range(asked))


def test_every_revision_has_its_maker() -> None:
    """The first has none, nor has one that is not there yet."""
    model = Model(ttl_min=2)
    put = Put(b"a", b"1", prev_kv=True)
    model.apply(1, put, 7)

    made = model.at(2)
    assert made is not None
    assert (made.revision, made.command, made.at_ns) == (2, put, 7)
    assert made.changes == ((KeyValue(b"a", 2, 2, 1, b"1"), None),)
    assert model.at(1) is None
    assert model.at(3) is None


def test_leases_end_with_their_keys() -> None:
    """By themselves, which is remembered with its time, or because somebody wants it."""
    model = Model(ttl_min=5)
    for lease_id in (1, 2, 3):
        model.apply(1, LeaseGrant(1, lease_id), 0)
        model.apply(1, Put(b"%d" % lease_id, lease=lease_id), 0)

    model.apply(1, LeaseExpire((1, 9), term=1), 99)
    model.apply(1, LeaseExpire((3,), term=2), 99)  # of a leader that leads no more
    model.apply(1, LeaseRevoke(2), 100)

    assert model.leases == (3,)
    assert model.ended == {1: 99}
    assert model.ttls == {1: 5, 2: 5, 3: 5}
    assert list(model.state(model.revision)) == [b"3"]


def test_what_is_refused_changes_nothing() -> None:
    """A key on a lease that is not there, also in a transaction, or a read of the forgotten."""
    model = Model(ttl_min=2)
    for _ in range(3):
        model.apply(1, Put(b"a"), 0)
    model.apply(1, Compact(3), 0)

    model.apply(1, Put(b"b", lease=4), 0)
    model.apply(1, Txn(success=(Put(b"c"), Put(b"b", lease=4))), 0)
    model.apply(1, Txn(success=(Put(b"c"), Range(b"a", revision=2))), 0)
    model.apply(1, object(), 0)

    assert model.revision == 4
    assert model.compacted == 3
    assert list(model.state(4)) == [b"a"]


def test_a_request_that_the_harness_never_makes_is_a_bug() -> None:
    """The model is as small as its clients' wishes; nested transactions are not among them."""
    with pytest.raises(AssertionError, match="no client of the harness"):
        Model(ttl_min=2).apply(1, Txn(success=(Txn(),)), 0)


def test_the_value_of_nothing_is_not_even_empty() -> None:
    """A comparison with the value of a key that is not there fails; numbers are 0."""
    model = Model(ttl_min=2)
    model.apply(1, Txn((value(b"a").equals(b""),), (Put(b"yes"),), (Put(b"no"),)), 0)
    model.apply(1, Txn((version(b"a").equals(0),), (Put(b"zero"),)), 0)

    assert list(model.state(3)) == [b"no", b"zero"]
    assert CompareTarget.VALUE is value(b"a").equals(b"").target


def test_ranges_are_half_open() -> None:
    """Without an end it is one key, with a zero byte it goes on for ever."""
    assert within(b"b", b"b", b"")
    assert not within(b"bb", b"b", b"")
    assert within(b"bb", b"b", b"c")
    assert not within(b"c", b"b", b"c")
    assert within(b"zz", b"b", b"\0")
    assert not within(b"a", b"b", b"\0")
