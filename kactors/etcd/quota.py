"""How much a store may hold, and what a request would add.

A member compares before it proposes; when a request would not fit it raises the alarm NOSPACE
through the log, and from then on every member refuses what costs anything, at the same place of the
log. Deletions, compactions and reads cost nothing.

Source: ``server/storage/quota.go`` of etcd.
"""

from collections.abc import Iterable

import attrs

from kactors.etcd.messages.kv import Operation, Put, Txn
from kactors.etcd.messages.lease import LeaseGrant
from kactors.etcd.mvcc import VERSION_OVERHEAD_BYTES

LEASE_BYTES = 64
#: etcd's own default.
DEFAULT_QUOTA_BYTES = 2 * 1024**3


@attrs.frozen
class Quota:
    """A bound on the bytes of a store; 0 is none."""

    bytes_max: int = DEFAULT_QUOTA_BYTES

    def allows(self, request: object, size_bytes: int) -> bool:
        """Tell whether a store of ``size_bytes`` has room for what ``request`` adds."""
        cost = cost_bytes(request)
        return not cost or not self.bytes_max or size_bytes + cost <= self.bytes_max


def cost_bytes(request: object) -> int:
    """Return how much a request may add to a store; of a transaction the dearer branch counts."""
    match request:
        case Put():
            return VERSION_OVERHEAD_BYTES + len(request.key) + len(request.value)
        case Txn():
            return max(_sum(request.success), _sum(request.failure))
        case LeaseGrant():
            return LEASE_BYTES
        case _:
            return 0


def _sum(branch: Iterable[Operation]) -> int:
    return sum(map(cost_bytes, branch))
