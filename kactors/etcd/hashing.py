"""Hashes by which members find out that they hold different data."""

from hashlib import blake2b
from struct import Struct

from kactors.etcd.messages.kv import KeyValue

_NUMBERS = Struct(">QQQqI")


def hash_of(kv: KeyValue) -> int:
    """Hash one version to 64 bits, the same in every process and release.

    The hash of a store is the sum of these modulo 2**64, so that versions can be added and taken
    out one by one, in any order.
    """
    numbers = _NUMBERS.pack(kv.create_revision, kv.mod_revision, kv.version, kv.lease, len(kv.key))
    return int.from_bytes(blake2b(numbers + kv.key + kv.value, digest_size=8).digest(), "big")
