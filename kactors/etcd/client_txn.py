"""Transactions put together in the order in which one thinks them.

Example:
    >>> from kactors.etcd.messages import Put
    >>> txn = Conditions().when(mod_revision(b"k").equals(3)).then(Put(b"k", b"v")).txn()
    >>> txn.compare[0].operand, txn.success[0].value
    (3, b'v')
"""

from typing import Self

import attrs

from kactors.etcd.messages.kv import Compare, CompareResult, CompareTarget, Operation, Txn


@attrs.frozen
class Subject:
    """Something about a key, or about every key of a range, that a transaction can depend on."""

    target: CompareTarget
    key: bytes
    range_end: bytes = b""

    def equals(self, operand: bytes | int) -> Compare:
        """Hold if it is this."""
        return self._compare(CompareResult.EQUAL, operand)

    def differs(self, operand: bytes | int) -> Compare:
        """Hold if it is not this."""
        return self._compare(CompareResult.NOT_EQUAL, operand)

    def greater(self, operand: bytes | int) -> Compare:
        """Hold if it is more than this."""
        return self._compare(CompareResult.GREATER, operand)

    def less(self, operand: bytes | int) -> Compare:
        """Hold if it is less than this."""
        return self._compare(CompareResult.LESS, operand)

    def _compare(self, result: CompareResult, operand: bytes | int) -> Compare:
        return Compare(self.key, self.target, result, operand, self.range_end)


def value(key: bytes, range_end: bytes = b"") -> Subject:
    """Return the value of a key."""
    return Subject(CompareTarget.VALUE, key, range_end)


def version(key: bytes, range_end: bytes = b"") -> Subject:
    """Return how often a key was put in this life; 0 if it does not exist."""
    return Subject(CompareTarget.VERSION, key, range_end)


def create_revision(key: bytes, range_end: bytes = b"") -> Subject:
    """Return at which revision a key was created; 0 if it does not exist."""
    return Subject(CompareTarget.CREATE, key, range_end)


def mod_revision(key: bytes, range_end: bytes = b"") -> Subject:
    """Return at which revision a key was last put; 0 if it does not exist."""
    return Subject(CompareTarget.MOD, key, range_end)


def lease(key: bytes, range_end: bytes = b"") -> Subject:
    """Return the lease that a key hangs on; 0 for none."""
    return Subject(CompareTarget.LEASE, key, range_end)


@attrs.frozen
class Conditions:
    """A transaction in the making: *when* all of this holds, *then* do that, *otherwise* that."""

    compare: tuple[Compare, ...] = ()
    success: tuple[Operation, ...] = ()
    failure: tuple[Operation, ...] = ()

    def when(self, *compare: Compare) -> Self:
        """Add conditions."""
        return attrs.evolve(self, compare=self.compare + compare)

    def then(self, *operations: Operation) -> Self:
        """Add what is done if all conditions hold."""
        return attrs.evolve(self, success=self.success + operations)

    def otherwise(self, *operations: Operation) -> Self:
        """Add what is done if not."""
        return attrs.evolve(self, failure=self.failure + operations)

    def txn(self) -> Txn:
        """Return the transaction."""
        return Txn(self.compare, self.success, self.failure)
