"""How a member comes to what its disk holds: as a new cluster's, as one that joins, or as it was.

A member with an empty disk is either new or has lost it, and only the others can tell. One that
was configured to begin a cluster asks them first. If somebody has seen it at work before, it joins
instead, without a vote (`kactors.raft.recovery`), under the ID that the members know for its
place: its old one, or a new one if it was removed and added anew meanwhile. Else it waits until a
majority, itself included, has answered, for before that nothing could be decided anyway. That is
not proof: a member whose disk is lost before anybody has applied that it had started goes
unnoticed. Whoever empties a disk on purpose should say ``joining``.
"""

from collections.abc import Callable, Sequence
from typing import Final

from kactors.actors.actor import Actor
from kactors.actors.errors import RequestError
from kactors.etcd.bootstrap import begin_cluster, begin_joining, own_id
from kactors.etcd.config import MemberConfig
from kactors.etcd.errors import EtcdError
from kactors.etcd.member_storage import MemberStorage
from kactors.etcd.member_url import MemberUrl
from kactors.etcd.messages.cluster import MemberList, MemberListResponse
from kactors.etcd.peer_messages import HasStarted
from kactors.runtime import current_time, open_nursery, sleep
from kactors.transport.envelope import Address

_ASK_SECONDS: Final = 1.0
_PAUSE_SECONDS: Final = 0.2
#: A start's number has 31 bits (`kactors.raft.read_index` puts 32 more behind it).
_STARTS_MOST: Final = 1 << 30
#: How long those beyond the majority are waited for.
_GRACE_SECONDS: Final = 1.0


async def open_storage(
    actor: Actor, config: MemberConfig, log: Callable[[str], None], joins: Callable[[], None]
) -> MemberStorage:
    """Open the member's disk, after preparing it if it is empty.

    Args:
        actor: the member.
        config: of the member.
        log: told what an administrator should know.
        joins: called once it is clear that the cluster was there before this disk's content.

    Raises:
        MemberFailed, WalCorruptError, OSError: the disk does not hold what it must.
    """
    disk = actor.host.disk
    if not await MemberStorage.exists(disk):
        if config.joining:
            joins()
            await _join(actor, config, log)
        elif await _was_seen(actor, config):
            log("this member's disk is empty, but others have seen it: it has no vote for now")
            joins()
            # Who was replaced meanwhile has another ID; only the present members know.
            await _join(actor, config, log, linearizable=True)
        else:
            await begin_cluster(disk, config)
    return await MemberStorage.open(
        disk,
        segment_bytes=config.segment_bytes,
        preallocate=config.preallocate,
        ahead_bytes=config.ahead_bytes,
    )


async def _join(
    actor: Actor, config: MemberConfig, log: Callable[[str], None], *, linearizable: bool = False
) -> None:
    """Learn from the others which ID this member has been given."""
    others = _others(config)
    told = False
    while True:
        for address in others:
            found = await _ask_members(actor, address, linearizable=linearizable)
            if found is None:
                continue
            for member in found.members:
                if config.url in member.peer_urls:
                    await begin_joining(
                        actor.host.disk,
                        config,
                        found.header.cluster_id,
                        member.id,
                        starts=actor.random("starts").below(_STARTS_MOST),
                    )
                    return
            if not told:
                told = True
                log(f"{address.host} knows no member at {config.url}: add it, I wait")
        await sleep(_PAUSE_SECONDS)


async def _ask_members(
    actor: Actor, address: Address, *, linearizable: bool
) -> MemberListResponse | None:
    try:
        return await actor.request(address, MemberList(linearizable), timeout=_ASK_SECONDS)
    except (RequestError, EtcdError):
        return None


async def _was_seen(actor: Actor, config: MemberConfig) -> bool:
    """Ask the others whether this member has started before."""
    others = _others(config)
    me = own_id(config, config.members())
    majority = (len(others) + 1) // 2 + 1
    answers: dict[Address, bool] = {}
    grace_ends: float | None = None
    while len(answers) < len(others) and not any(answers.values()):
        if len(answers) + 1 >= majority:
            grace_ends = grace_ends or current_time() + _GRACE_SECONDS
            if current_time() >= grace_ends:
                break
        await _ask_all(actor, [each for each in others if each not in answers], me, answers)
    return any(answers.values())


async def _ask_all(
    actor: Actor, others: Sequence[Address], me: int, answers: dict[Address, bool]
) -> None:
    async def ask(address: Address) -> None:
        try:
            answer = await actor.request(address, HasStarted(me), timeout=_ASK_SECONDS / 2)
        except RequestError:
            await sleep(_PAUSE_SECONDS)
        else:
            answers[address] = answer.started

    async with open_nursery() as nursery:
        for address in others:
            nursery.start_soon(ask, address)


def _others(config: MemberConfig) -> tuple[Address, ...]:
    return tuple(
        [MemberUrl.parse(url).address for name, url in config.initial if name != config.name]
    )
