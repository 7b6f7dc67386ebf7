"""Transactions that are put together say what was meant."""

import pytest

from kactors.etcd.client_txn import (
    Conditions,
    create_revision,
    lease,
    mod_revision,
    value,
    version,
)
from kactors.etcd.messages import Compare, CompareResult, CompareTarget, Put, Range


def test_conditions_and_branches_are_kept_in_order() -> None:
    """What is added later comes later, and nothing is changed in place."""
    begun = Conditions().when(value(b"a").equals(b"1"))
    txn = begun.when(version(b"b").greater(2)).then(Put(b"a", b"2")).otherwise(Range(b"a")).txn()

    assert [compare.key for compare in txn.compare] == [b"a", b"b"]
    assert txn.success == (Put(b"a", b"2"),)
    assert txn.failure == (Range(b"a"),)
    assert len(begun.compare) == 1


@pytest.mark.parametrize(
    ("compare", "target", "result"),
    [
        (create_revision(b"k").equals(1), CompareTarget.CREATE, CompareResult.EQUAL),
        (mod_revision(b"k").less(1), CompareTarget.MOD, CompareResult.LESS),
        (lease(b"k").differs(1), CompareTarget.LEASE, CompareResult.NOT_EQUAL),
        (version(b"k").greater(1), CompareTarget.VERSION, CompareResult.GREATER),
    ],
)
def test_every_subject_and_sign(
    compare: Compare, target: CompareTarget, result: CompareResult
) -> None:
    """Subjects and signs are those of etcd's messages."""
    assert compare == Compare(b"k", target, result, 1)
