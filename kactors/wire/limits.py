"""How much one encoded message may ask of its reader."""

from typing import Final

import attrs


@attrs.frozen
class Limits:
    """Bounds on one encoded message or value, held when writing and when reading.

    Attributes:
        size_bytes: the longest encoded form. Decoding takes at most about 70 times as much
            memory: an empty map is one byte on the wire and 72 in memory.
        depth: how many arrays and maps may nest; a message is an array, and so are a tuple, a
            list and a NamedTuple in it.
    """

    size_bytes: int = 8 * 1024 * 1024
    depth: int = 100


#: Five times the largest object that etcd stores, and deeper than any CRD's schema is in practice.
DEFAULT_LIMITS: Final = Limits()
