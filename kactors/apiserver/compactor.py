"""Compacts etcd every few minutes, once for all replicas.

The replicas agree by a key: it counts the rounds and holds the revision of the last one. Whoever
writes the next round first compacts up to what the key held before, so that everything of the last
interval stays readable.

Source: ``staging/src/k8s.io/apiserver/pkg/storage/etcd3/compact.go`` of Kubernetes.
"""

from collections.abc import Callable
from typing import Final

from kactors.etcd.client import EtcdClient
from kactors.etcd.client_errors import ClusterUnavailable, OutcomeUnknown
from kactors.etcd.client_txn import version
from kactors.etcd.errors import Compacted, EtcdError
from kactors.etcd.messages import Put, Range, RangeResponse, Txn
from kactors.runtime import sleep

KEY: Final = b"compact_rev_key"


class Compactor:
    """Runs beside a replica.

    Args:
        etcd: the client.
        seconds: between two rounds.
        log: told what goes wrong.
    """

    def __init__(self, etcd: EtcdClient, seconds: float, log: Callable[[str], None]) -> None:
        self._etcd = etcd
        self._seconds = seconds
        self._log = log
        self._round = 0
        self._revision = 0

    async def run(self) -> None:
        """Compact until cancelled."""
        while True:
            await sleep(self._seconds)
            try:
                await self.turn()
            except (ClusterUnavailable, OutcomeUnknown, EtcdError) as problem:
                self._log(f"etcd was not compacted, and will be next time: {problem}")

    async def turn(self) -> None:
        """Compact up to where etcd was at the last round, if no other replica has begun this one.

        Raises:
            ClusterUnavailable, OutcomeUnknown, EtcdError: etcd did not do it.
        """
        answer = await self._etcd.txn(
            Txn(
                (version(KEY).equals(self._round),),
                (Put(KEY, b"%d" % self._revision),),
                (Range(KEY),),
            )
        )
        if not answer.succeeded:
            found = answer.responses[0]
            assert isinstance(found, RangeResponse), f"{found} answers a range"
            # Nobody deletes the key; without it the next round is the first.
            self._round = found.kvs[0].version if found.kvs else 0
            self._revision = answer.header.revision
            return
        compact_to, self._revision = self._revision, answer.header.revision
        self._round += 1
        if compact_to:
            try:
                await self._etcd.compact(compact_to)
            except Compacted:
                self._log(f"etcd was compacted beyond {compact_to} already")
