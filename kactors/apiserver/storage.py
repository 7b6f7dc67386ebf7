"""Objects' bytes in etcd: compare-and-swap, nothing else.

Every write is one transaction that happens only if the key was last written at the revision that
the writer has seen, and if the further keys that the object is to have (`Claims`) are nobody's.
What etcd cannot answer is not repeated here: the errors of `kactors.etcd.client_errors` pass
through, and who asked is told that the outcome is unknown.

Source: ``staging/src/k8s.io/apiserver/pkg/storage/etcd3/store.go`` of Kubernetes.
"""

from typing import Final, NamedTuple

from kactors.apiserver.errors import RevisionGone
from kactors.etcd.client import EtcdClient
from kactors.etcd.client_txn import mod_revision
from kactors.etcd.errors import Compacted
from kactors.etcd.key_range import prefix_end
from kactors.etcd.messages import (
    Compare,
    DeleteRange,
    KeyValue,
    Operation,
    OperationResponse,
    Put,
    Range,
    RangeResponse,
    Txn,
)


class Stored(NamedTuple):
    """One object as it is in etcd.

    Attributes:
        key: where.
        body: its bytes, without ``metadata.resourceVersion``.
        revision: at which it was last written.
        lease: with which it ends; 0 for none.
    """

    key: bytes
    body: bytes
    revision: int
    lease: int = 0


class Claims(NamedTuple):
    """Further keys that belong to one object, and change hands with the write of it.

    Attributes:
        take: keys that must not be there, and will.
        release: keys that will not be there any more.
        owner: the value of those that are taken.
    """

    take: tuple[bytes, ...] = ()
    release: tuple[bytes, ...] = ()
    owner: bytes = b""


NO_CLAIMS: Final = Claims()


class Swapped(NamedTuple):
    """What became of a compare-and-swap.

    Attributes:
        revision: at which it happened; 0 if it did not.
        current: what is there instead, if it did not happen; None if nothing is.
        taken: if it did not happen, the claimed keys that are there already.
    """

    revision: int
    current: Stored | None = None
    taken: tuple[bytes, ...] = ()


class Page(NamedTuple):
    """Some objects, in the order of their keys, as they all were at one revision.

    Attributes:
        items: the objects.
        revision: at which they were read.
        more: there are others behind them.
        total: how many keys the range has from the first item on.
    """

    items: list[Stored]
    revision: int
    more: bool
    total: int


class Storage:
    """Reads and swaps objects in etcd.

    Every method raises `ClusterUnavailable` if certainly nothing was done, writes also
    `OutcomeUnknown`, and an `EtcdError` if etcd refuses.
    """

    def __init__(self, etcd: EtcdClient) -> None:
        self.etcd = etcd

    async def get(self, key: bytes) -> Stored | None:
        """Return what is at ``key`` now, by a quorum's account; None if nothing is."""
        answer = await self.etcd.range(Range(key))
        return stored(answer.kvs[0]) if answer.kvs else None

    async def current_revision(self) -> int:
        """Return the revision of the store now, by a quorum's account."""
        answer = await self.etcd.range(Range(b"/registry", count_only=True))
        return answer.header.revision

    async def page(
        self, prefix: bytes, *, start: bytes = b"", limit: int = 0, revision: int = 0
    ) -> Page:
        """Return objects whose keys begin with ``prefix``, at most ``limit`` (0: all of them).

        Args:
            prefix: of the keys.
            start: the first key, if not the first of all.
            limit: how many.
            revision: at which to read; 0 is now.

        Raises:
            RevisionGone: that revision was compacted.
        """
        request = Range(start or prefix, prefix_end(prefix), limit, revision)
        try:
            answer = await self.etcd.range(request)
        except Compacted as problem:
            raise RevisionGone(revision, problem.compact_revision) from problem
        return Page(
            [stored(kv) for kv in answer.kvs],
            revision or answer.header.revision,
            answer.more,
            answer.count,
        )

    async def swap(
        self,
        key: bytes,
        seen: int,
        body: bytes | None,
        *,
        lease: int = 0,
        claims: Claims = NO_CLAIMS,
        dry_run: bool = False,
    ) -> Swapped:
        """Write a key, or delete it, if it was last written at ``seen``; else say what is there.

        Args:
            key: which.
            seen: a revision; 0 means that the key is not there.
            body: what to write; None deletes.
            lease: with which the key ends.
            claims: what else happens, or does not, at the same revision.
            dry_run: find out, and write nothing; the revision is then that of the store.
        """
        compare: tuple[Compare, ...] = (mod_revision(key).equals(seen),)
        changes: tuple[Operation, ...] = (
            DeleteRange(key) if body is None else Put(key, body, lease),
        )
        reads: tuple[Operation, ...] = (Range(key),)
        if claims is not NO_CLAIMS:
            compare += tuple(_is_free(claim) for claim in claims.take)
            changes += tuple(Put(claim, claims.owner) for claim in claims.take)
            changes += tuple(DeleteRange(claim) for claim in claims.release)
            reads += tuple(Range(claim, keys_only=True) for claim in claims.take)
        answer = await self.etcd.txn(Txn(compare, () if dry_run else changes, reads))
        if answer.succeeded:
            return Swapped(answer.header.revision)
        found, *others = map(_keys, answer.responses)
        taken = tuple(kv.key for kvs in others for kv in kvs)
        return Swapped(0, stored(found[0]) if found else None, taken)


def _is_free(key: bytes) -> Compare:
    return mod_revision(key).equals(0)


def _keys(response: OperationResponse) -> tuple[KeyValue, ...]:
    assert isinstance(response, RangeResponse), f"{response} answers a range"
    return response.kvs


def stored(kv: KeyValue) -> Stored:
    """Return etcd's key and value as an object."""
    return Stored(kv.key, kv.value, kv.mod_revision, kv.lease)
