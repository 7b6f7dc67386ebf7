"""How a cluster begins: with a snapshot at index 1 that is the same on every initial member."""

from collections.abc import Sequence

from crc32c import crc32c

from kactors.etcd.config import MemberConfig
from kactors.etcd.log_records import LogHead, Position
from kactors.etcd.member_storage import MemberStorage
from kactors.etcd.membership import Membership
from kactors.etcd.messages.cluster import Member
from kactors.etcd.snapshot import dump
from kactors.etcd.store import Store
from kactors.raft.configuration import Configuration
from kactors.raft.messages import SnapshotMetadata
from kactors.raft.ready import HardState
from kactors.raft.storage import BOOTSTRAP_INDEX, BOOTSTRAP_TERM
from kactors.runtime.disk import Disk


async def begin_cluster(disk: Disk, config: MemberConfig, store: Store | None = None) -> None:
    """Prepare an empty disk for an initial member of a new cluster.

    Do it once in the life of a cluster, alike on each initial member, and never for a member that
    lost its disk: that one joins.

    Args:
        disk: of the member.
        config: of the member.
        store: what the cluster begins with, from a backup; leases and alarms included. Its members
            are replaced. None begins with nothing.

    Raises:
        OSError: the disk failed.
    """
    members = config.members()
    store = Store() if store is None else store
    store.applied_index, store.applied_term = BOOTSTRAP_INDEX, BOOTSTRAP_TERM
    store.membership = Membership(members)
    data = b"".join(dump(store))
    snapshot = SnapshotMetadata(
        BOOTSTRAP_INDEX,
        BOOTSTRAP_TERM,
        Configuration(voters=tuple([member.id for member in members])),
        len(data),
        crc32c(data),
    )
    head = LogHead(
        config.cluster_id(),
        own_id(config, members),
        0,
        HardState(term=BOOTSTRAP_TERM, commit_index=BOOTSTRAP_INDEX),
        Position(BOOTSTRAP_INDEX, BOOTSTRAP_TERM),
    )
    await MemberStorage.create(
        disk,
        head,
        (snapshot, data),
        segment_bytes=config.segment_bytes,
        preallocate=config.preallocate,
    )


async def begin_joining(
    disk: Disk, config: MemberConfig, cluster_id: int, member_id: int, *, starts: int
) -> None:
    """Prepare an empty disk for a member that was added to a cluster which is there already.

    Args:
        disk: of the member.
        config: of the member.
        cluster_id: of the cluster.
        member_id: that the cluster has given it.
        starts: from where its starts are counted: drawn, for a disk that was lost before has
            counted, too, and no number may be used twice.

    Raises:
        OSError: the disk failed.
    """
    head = LogHead(cluster_id, member_id, starts, HardState(), Position(0, 0))
    await MemberStorage.create(
        disk, head, None, segment_bytes=config.segment_bytes, preallocate=config.preallocate
    )


def own_id(config: MemberConfig, members: Sequence[Member]) -> int:
    """Return the ID of the configured member among ``members``."""
    return next(member.id for member in members if config.url in member.peer_urls)
