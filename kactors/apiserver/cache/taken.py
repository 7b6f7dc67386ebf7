"""Which keys of a prefix there are: what a replica knows of the addresses and ports in use."""

from collections.abc import Iterable

from kactors.apiserver.storage import Stored


class Taken:
    """The keys, as etcd had them when the feed last heard of it; a hint, no more.

    Args:
        prefix: of the keys.
    """

    def __init__(self, prefix: bytes) -> None:
        self.prefix = prefix
        self._keys: dict[bytes, None] = {}

    def __contains__(self, key: bytes) -> bool:
        return key in self._keys

    def replace(self, objects: Iterable[Stored], revision: int) -> None:
        """Begin anew with the keys that there are at ``revision``."""
        del revision
        self._keys = dict.fromkeys(item.key for item in objects)

    def apply(self, key: bytes, revision: int, written: Stored | None) -> None:
        """Follow one change: a key was written, or deleted if ``written`` is None."""
        del revision
        if written is None:
            self._keys.pop(key, None)
        else:
            self._keys[key] = None
