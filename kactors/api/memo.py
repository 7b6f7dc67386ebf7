"""What was found out about equal values before.

The pods of one workload have equal specs, and a template is checked with every change of the object
that it is in. Packing a value and looking for the bytes takes a tenth of the time of checking it.
"""

from typing import Any, Final, Generic, TypeVar

from kactors.wire.encoding import FAILURES, pack

__all__ = ["Memo"]

T = TypeVar("T")

_MOST: Final = 1024


class Memo(Generic[T]):
    """Findings by the bytes of the value that they are about.

    Values whose fields come in another order count as different, and so do ``1`` and ``True``;
    tuples count as lists. When there are too many, all are forgotten: what is asked for again is
    soon back.

    Args:
        most: how many are kept.
    """

    def __init__(self, most: int = _MOST) -> None:
        self._most = most
        self._found: dict[bytes, T] = {}

    def __len__(self) -> int:
        return len(self._found)

    def get(self, key: bytes | None) -> T | None:
        """Return what was found; None if that is not known."""
        return None if key is None else self._found.get(key)

    def put(self, key: bytes | None, finding: T) -> None:
        """Remember a finding; what has no key is not remembered."""
        if key is None:
            return
        if len(self._found) >= self._most:
            self._found.clear()
        self._found[key] = finding

    @staticmethod
    def key_of(value: Any) -> bytes | None:
        """Return the key of a plain value; None if it has none, as what nests without end."""
        try:
            return pack(value)
        except (TypeError, *FAILURES):
            return None
