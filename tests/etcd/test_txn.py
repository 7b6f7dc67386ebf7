"""Transactions beyond what the model draws: operands that do not suit, and what only reads."""

import pytest

from kactors.etcd.messages import (
    Compare,
    CompareResult,
    CompareTarget,
    DeleteRange,
    Put,
    Range,
    Txn,
    TxnResponse,
)
from kactors.etcd.store import Store
from kactors.etcd.txn import holds, is_read_only


@pytest.mark.parametrize(
    ("target", "operand", "stands_for"),
    [
        (CompareTarget.VALUE, 5, b""),
        (CompareTarget.VERSION, b"x", 0),
        (CompareTarget.MOD, b"x", 0),
        (CompareTarget.LEASE, b"x", 0),
    ],
)
def test_an_operand_that_does_not_suit_counts_as_not_given(
    target: CompareTarget, operand: bytes | int, stands_for: bytes | int
) -> None:
    """It cannot stop a member, and every member decides the same."""
    store = Store()
    store.apply(1, 1, Put(b"a", b"1"))

    for result in CompareResult:
        wrong = Compare(b"a", target, result, operand)
        right = Compare(b"a", target, result, stands_for)
        assert holds(store.mvcc, wrong) is holds(store.mvcc, right)


def test_what_only_reads() -> None:
    """Ranges, and transactions of ranges, in both branches."""
    assert is_read_only(Txn(success=(Range(b"a"), Txn(failure=(Range(b"b"),)))))
    assert not is_read_only(Txn(failure=(Put(b"a"),)))
    assert not is_read_only(Txn(success=(Txn(success=(DeleteRange(b"a"),)),)))


def test_a_transaction_that_only_reads_needs_no_log() -> None:
    """It is answered from the present state, and the applied index stays."""
    store = Store()
    store.apply(1, 1, Put(b"a", b"1"))

    answer = store.read_txn(Txn(success=(Range(b"a"),)))

    assert isinstance(answer, TxnResponse)
    assert (answer.header.revision, store.applied_index) == (2, 1)
    with pytest.raises(AssertionError, match="has to go through the log"):
        store.read_txn(Txn(success=(Put(b"a"),)))


def test_a_later_operation_sees_what_an_earlier_one_did() -> None:
    """Reads see puts and deletions before them, at the transaction's own revision."""
    store = Store()
    store.apply(1, 1, Put(b"a", b"1"))

    answer = store.apply(
        2, 1, Txn(success=(DeleteRange(b"a"), Range(b"a"), Put(b"b"), Range(b"\0", b"\0")))
    )

    assert isinstance(answer, TxnResponse)
    _, gone, _, rest = answer.responses
    assert isinstance(gone, type(rest))
    assert [getattr(one, "count", None) for one in (gone, rest)] == [0, 1]
    assert {response.header.revision for response in answer.responses} == {3}
