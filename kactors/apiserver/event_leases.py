"""Leases of etcd for objects that end by themselves: Events, after an hour.

A lease serves many objects, so that etcd has not one for each: whoever needs one within a minute of
the last gets that, up to a number of objects. It lives a little longer than it was asked for.

Source: ``staging/src/k8s.io/apiserver/pkg/storage/etcd3/lease_manager.go`` of Kubernetes.
"""

from typing import Final

import attrs

from kactors.etcd.client import EtcdClient
from kactors.runtime import Lock, current_time

#: A lease is shared by what begins within so many seconds.
REUSE_SECONDS: Final = 60.0
#: Of a short life, no more than this share is added.
_REUSE_SHARE: Final = 0.05
_OBJECTS_MAX: Final = 1000


@attrs.define
class _Lease:
    id: int
    expires: float
    objects: int = 0


class EventLeases:
    """Hands out leases, for one replica."""

    def __init__(self, etcd: EtcdClient) -> None:
        self._etcd = etcd
        self._latest: dict[int, _Lease] = {}
        self._lock = Lock()

    async def lease_for(self, seconds: int) -> int:
        """Return a lease that lives for at least ``seconds``, and not much longer.

        Raises:
            ClusterUnavailable, OutcomeUnknown: there is none to be had.
        """
        async with self._lock:  # or a burst of objects would get a lease each
            lease = self._latest.get(seconds)
            needed = current_time() + seconds
            if lease is None or lease.expires < needed or lease.objects >= _OBJECTS_MAX:
                lease = self._latest[seconds] = await self._grant(seconds)
            lease.objects += 1
            return lease.id

    async def _grant(self, seconds: int) -> _Lease:
        extra = min(REUSE_SECONDS, seconds * _REUSE_SHARE)
        asked_at = current_time()
        answer = await self._etcd.grant(seconds + round(extra))
        return _Lease(answer.id, asked_at + answer.ttl)
