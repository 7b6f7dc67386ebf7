"""Ranges of keys, as etcd writes them."""

from typing import NamedTuple

#: A range end that is no bound at all.
FROM_KEY = b"\0"


class KeyRange(NamedTuple):
    """The keys from ``start`` up to and without ``end``.

    Attributes:
        start: the first key.
        end: the key after the last; None is no bound.
        single: it was asked for as one key, without a range end.
    """

    start: bytes
    end: bytes | None
    single: bool = False

    @classmethod
    def of(cls, key: bytes, range_end: bytes) -> "KeyRange":
        """Return the range that a request's ``key`` and ``range_end`` mean.

        An inverted range is an empty one, not an error.
        """
        if not range_end:
            return cls(key, key + b"\0", single=True)
        return cls(key, None if range_end == FROM_KEY else range_end)

    def __contains__(self, key: object) -> bool:
        assert isinstance(key, bytes)
        return self.start <= key and (self.end is None or key < self.end)

    @property
    def empty(self) -> bool:
        """Whether no key can be in it."""
        return self.end is not None and self.end <= self.start


def prefix_end(prefix: bytes) -> bytes:
    r"""Return the range end that makes a range of all keys with ``prefix``.

    Example:
        >>> prefix_end(b"/registry/")
        b'/registry0'
        >>> prefix_end(b"a\xff")
        b'b'
    """
    stem = prefix.rstrip(b"\xff")
    return stem[:-1] + bytes([stem[-1] + 1]) if stem else FROM_KEY
