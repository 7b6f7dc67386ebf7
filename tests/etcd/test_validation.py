"""What is refused before it is proposed."""

import pytest

from kactors.etcd.errors import (
    DuplicateKey,
    EmptyKey,
    EtcdError,
    LeaseProvided,
    TooManyOps,
    ValueProvided,
)
from kactors.etcd.messages import (
    Compare,
    CompareResult,
    CompareTarget,
    DeleteRange,
    Operation,
    Put,
    Range,
    Txn,
)
from kactors.etcd.validation import validate

EMPTY = Compare(b"", CompareTarget.VERSION, CompareResult.EQUAL, 0)


@pytest.mark.parametrize(
    ("request_", "error"),
    [
        (Put(b""), EmptyKey),
        (Range(b""), EmptyKey),
        (DeleteRange(b""), EmptyKey),
        (Txn((EMPTY,)), EmptyKey),
        (Txn(success=(Put(b""),)), EmptyKey),
        (Txn(failure=(Txn(success=(Range(b""),)),)), EmptyKey),
        (Put(b"a", b"1", ignore_value=True), ValueProvided),
        (Put(b"a", lease=1, ignore_lease=True), LeaseProvided),
        (Txn(success=(Put(b"a", lease=1, ignore_lease=True),)), LeaseProvided),
    ],
)
def test_a_request_that_can_never_succeed(request_: Operation, error: type[EtcdError]) -> None:
    """Wherever it stands."""
    with pytest.raises(error):
        validate(request_)


def test_reading_is_never_a_duplicate() -> None:
    """A branch may read what it writes, and delete what it has deleted."""
    validate(Txn(success=(Range(b"a"), Put(b"a"), Range(b"a"))))
    validate(Txn(success=(DeleteRange(b"a", b"c"), DeleteRange(b"b"))))


@pytest.mark.parametrize(
    "branch",
    [
        (Txn(success=(Put(b"a"),)), Txn(success=(Put(b"a"),))),
        (Txn(success=(Put(b"a"),)), Txn(failure=(DeleteRange(b"a"),))),
        (Txn(success=(DeleteRange(b"\0", b"\0"),)), Txn(failure=(Put(b"a"),))),
        (Txn(success=(Txn(failure=(Put(b"a"),)),)), Put(b"a")),
        (DeleteRange(b"a", b"\0"), Txn(success=(Txn(success=(Put(b"b"),)),))),
    ],
)
def test_nested_transactions_do_not_write_a_key_twice(branch: tuple[Operation, ...]) -> None:
    """Neither two of them together, nor one and what is around it."""
    with pytest.raises(DuplicateKey):
        validate(Txn(success=branch))


def test_branches_that_exclude_each_other_may_write_the_same() -> None:
    """Only one of them happens."""
    validate(Txn(success=(Txn(success=(Put(b"a"),), failure=(Put(b"a"),)),)))
    validate(Txn(success=(Txn(success=(Put(b"a"),), failure=(DeleteRange(b"a"),)),)))


def test_each_level_uses_up_some_of_the_allowance() -> None:
    """As in etcd: what a level has is not there for the level below."""
    two = (Range(b"a"), Range(b"b"))
    nested = Txn(success=(Txn(success=two), Range(b"c")))

    validate(nested, txn_ops_max=4)
    with pytest.raises(TooManyOps):
        validate(nested, txn_ops_max=3)
    with pytest.raises(TooManyOps):
        validate(Txn((EMPTY,) * 5), txn_ops_max=4)
