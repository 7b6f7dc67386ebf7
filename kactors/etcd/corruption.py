"""Do the members hold the same data? The leader asks now and then.

Two members that have the same revisions and compacted up to the same one must have the same hash.
If they do not, the cluster refuses reads and writes (alarm CORRUPT) until somebody looks into it.

Source: ``server/etcdserver/corrupt.go`` of etcd.
"""

from collections.abc import Awaitable, Callable, Iterable

from kactors.actors.errors import RequestError
from kactors.etcd.errors import EtcdError
from kactors.etcd.messages.maintenance import (
    Alarm,
    AlarmAction,
    AlarmType,
    HashKV,
    HashKVResponse,
)
from kactors.etcd.store import Command, Store

AskPeer = Callable[[int, HashKV], Awaitable[HashKVResponse]]
"""Asks another member for its hash."""
Write = Callable[[Command], Awaitable[object]]
"""Enters a command into the log."""


def hash_kv(store: Store, request: HashKV) -> HashKVResponse:
    """Return the hash of the keys and their history up to a revision.

    Raises:
        FutureRevision, Compacted: that revision cannot be read here.
    """
    mvcc = store.mvcc
    revision = request.revision or mvcc.revision
    number = mvcc.hash_at(revision)
    header = store.header(mvcc.revision)
    return HashKVResponse(header, number, mvcc.compacted, revision)


async def compare_hashes(
    store: Store, peers: Iterable[int], ask: AskPeer, write: Write
) -> tuple[int, ...]:
    """Compare this member's hash with the others'; raise an alarm for each that differs.

    Args:
        store: this member's, which leads.
        peers: the other members.
        ask: asks one of them.
        write: enters an alarm into the log.

    Returns:
        The members that differ. Those that do not answer, or are not as far, are left out.

    Raises:
        EtcdError: an alarm could not be raised.
    """
    mine = hash_kv(store, HashKV())
    differing: list[int] = []
    for peer in peers:
        try:
            theirs = await ask(peer, HashKV(mine.hash_revision))
        except (RequestError, EtcdError):
            continue
        comparable = (theirs.compact_revision, theirs.hash_revision) == (
            mine.compact_revision,
            mine.hash_revision,
        )
        if comparable and theirs.hash != mine.hash:
            differing.append(peer)
    for peer in differing:
        await write(Alarm(AlarmAction.ACTIVATE, peer, AlarmType.CORRUPT))
    return tuple(differing)
