"""What clients do: one coroutine for one step of each sort of work."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, Final

from kactors.actors import System
from kactors.actors.errors import RequestError
from kactors.etcd.client_errors import ClusterUnavailable, OutcomeUnknown
from kactors.etcd.client_txn import create_revision, value, version
from kactors.etcd.errors import Compacted, EtcdError
from kactors.etcd.messages.kv import DeleteRange, Operation, Put, Range, Txn
from kactors.etcd.messages.watch import Watch
from kactors.runtime import sleep
from kactors.testing.etcd.crew import Crew, Mate
from kactors.testing.etcd.leases import KeptAlive
from kactors.testing.etcd.schedule import Work, Worker
from kactors.testing.etcd.violation import Promise
from kactors.testing.etcd.watching import Watching

__all__ = ["RANGE_END", "RANGE_START", "TROUBLE", "work"]

#: All keys that clients write: ``k...`` singly, ``t...`` in transactions, ``u...`` with leases.
RANGE_START: Final = b"k"
RANGE_END: Final = b"v"
#: What may happen to whoever asks a cluster in trouble.
TROUBLE: Final = (EtcdError, OutcomeUnknown, ClusterUnavailable, RequestError)
_NS: Final = 1_000_000_000


async def work(system: System, crew: Crew, number: int, worker: Worker, seed: int) -> None:
    """Do a worker's work until the crew rests; watches go on."""
    mate = Mate(crew, number, worker, system, seed)
    crew.busy += 1
    if worker.work in {Work.WATCH, Work.SLOW_WATCH}:
        crew.busy -= 1
        await _watch(mate)
        return
    step = _STEPS[worker.work]
    while not crew.resting:
        mate.step += 1
        with suppress(*TROUBLE):  # the answers have it
            await step(mate)
        await sleep(worker.pace_ms / 1000)
    crew.busy -= 1


async def _ask(mate: Mate, request: Any) -> Any:
    session = mate.client.session
    send = session.read if isinstance(request, Range) else session.write
    answer = await mate.crew.answers.note(mate.name, request, send(request))
    mate.seen = max(mate.seen, answer.header.revision)
    return answer


async def _write(mate: Mate) -> None:
    key, dice = mate.key(), mate.dice
    match dice.below(8):
        case 0 | 1 | 2 | 3:
            await _ask(mate, Put(key, mate.value(), prev_kv=dice.below(2) == 1))
        case 4 | 5:
            await _ask(mate, DeleteRange(key, prev_kv=dice.below(2) == 1))
        case _:
            await _ask(mate, Range(key))


async def _read(mate: Mate) -> None:
    dice = mate.dice
    match dice.below(4):
        case 0:
            await _ask(mate, Range(mate.key()))
        case 1:
            await _ask(mate, Range(mate.key(), serializable=True))
        case 2:
            await _ask(mate, Range(RANGE_START, RANGE_END, limit=dice.below(3)))
        case _:
            past = max(1, mate.seen - dice.below(10))
            await _ask(mate, Range(RANGE_START, RANGE_END, revision=past))


async def _txn(mate: Mate) -> None:
    dice = mate.dice
    first, second = mate.key(b"t"), mate.key(b"t") + b"x"
    past = Range(RANGE_START, RANGE_END, revision=max(1, mate.seen - dice.below(30)))
    conditions = (
        version(first).equals(0),
        create_revision(first).greater(1),
        value(first).differs(b"nothing"),
        version(second).less(3),
    )
    compare = conditions[: dice.below(3)] if dice.below(2) else conditions[1 + dice.below(3) :][:1]
    put = Put(first, mate.value(), prev_kv=True)
    both: tuple[Operation, ...] = (put, Put(second, mate.value()), Range(first))
    success: tuple[Operation, ...] = (
        both,
        (put, past),
        (DeleteRange(first, prev_kv=True), Put(second, mate.value())),
        (past, *both),
    )[dice.below(4)]
    failure: tuple[Operation, ...] = (Put(first, mate.value()), Range(b"t", b"u"))
    await _ask(mate, Txn(compare, success, failure))


async def _lease(mate: Mate) -> None:
    dice, client = mate.dice, mate.client
    call_ns = mate.now_ns()
    granted = await client.grant(2 + dice.below(4))
    lease = KeptAlive(granted.id, granted.ttl, call_ns + granted.ttl * _NS)
    mate.crew.leases.append(lease)
    await _ask(mate, Put(mate.key(b"u"), mate.value(), lease=lease.lease))
    for _ in range(dice.below(6)):
        await sleep(granted.ttl * (1 + dice.below(2)) / 3)
        if mate.crew.resting:
            return
        call_ns = mate.now_ns()
        answer = await client.keep_alive_once(lease.lease)
        lease.promised_ns = max(lease.promised_ns, call_ns + answer.ttl * _NS)
        lease.answers += 1
    if dice.below(8) == 0:
        await client.revoke(lease.lease)


async def _compact(mate: Mate) -> None:
    dice = mate.dice
    match dice.below(3):
        case 0:
            await _ask(mate, Range(RANGE_START, RANGE_END))
            await mate.client.compact(max(1, mate.seen - dice.below(20)))
        case 1:
            await _ask(mate, Put(mate.key(), mate.value()))
            await mate.client.compact(mate.seen, physical=dice.below(2) == 1)
        case _:
            key = mate.key()
            await _ask(mate, Put(key, mate.value()))
            gone = await _ask(mate, DeleteRange(key))
            edge = gone.header.revision
            await mate.client.compact(edge, physical=True)
            request = Watch(RANGE_START, RANGE_END, start_revision=edge)
            watch = Watching(mate.client.session, f"{mate.name}-{mate.step}", request)
            mate.crew.watches.append(watch)
            try:
                await _follow(mate, watch, most=1)
            finally:
                watch.left = True
            await _ask(mate, Range(RANGE_START, RANGE_END, revision=edge))


async def _move(mate: Mate) -> None:
    members = await mate.client.members()
    await mate.client.move_leader(members[mate.dice.below(len(members))].id)


_STEPS: Final[dict[Work, Callable[[Mate], Awaitable[None]]]] = {
    Work.WRITE: _write,
    Work.READ: _read,
    Work.TXN: _txn,
    Work.LEASE: _lease,
    Work.COMPACT: _compact,
    Work.MOVE: _move,
}


# Watches ------------------------------------------------------------------------------------


async def _watch(mate: Mate) -> None:
    """Watch for ever; where history was compacted, begin anew."""
    pick = mate.worker.pick
    start = (0, 1, 0, 12)[pick % 4]
    while True:
        request = Watch(
            *((RANGE_START, RANGE_END) if pick // 4 % 2 else (b"k0", b"")),
            start_revision=start,
            progress_notify=pick // 8 % 2 == 1,
            prev_kv=pick // 16 % 2 == 1,
            no_put=pick // 32 % 4 == 1,
            no_delete=pick // 32 % 4 == 2,
            fragment=pick // 128 % 2 == 1,
        )
        watch = Watching(mate.client.session, mate.name, request)
        mate.crew.watches.append(watch)
        try:
            await _follow(mate, watch)
        except Compacted as gone:
            start = gone.compact_revision
            _check_compacted(mate, watch, start)
        except EtcdError:
            await sleep(mate.worker.pace_ms / 1000)
            start = watch.next_revision
        watch.left = True


async def _follow(mate: Mate, watch: Watching, most: int = 1 << 60) -> None:
    """Take so many responses at the worker's pace."""
    slow = mate.worker.work is Work.SLOW_WATCH
    async with watch:
        async for response in watch:
            watch.note(response)
            most -= 1
            if not most:
                return
            if slow and not mate.crew.resting:
                await sleep(mate.worker.pace_ms / 1000)


def _check_compacted(mate: Mate, watch: Watching, revision: int) -> None:
    truth = mate.crew.cluster.truth
    if watch.next_revision >= revision or revision > truth.model.compacted:
        truth.note(
            Promise.WATCH,
            f"{watch.record} was told at {watch.next_revision} that {revision} is compacted; "
            f"true is {truth.model.compacted}",
            "COMPACTED",
        )
