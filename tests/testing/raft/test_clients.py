"""Clients: what they ask, when they count themselves answered, and the history they leave."""

from kactors.checking import Verdict, check
from kactors.checking.actions import Get, Put
from kactors.testing.raft import OURS, Knobs
from kactors.testing.raft.machine import REGISTERS, StateMachine, command
from kactors.testing.raft.world import World

MS = 1_000_000


def world_of(load_ms: int = 100) -> World:
    """A cluster with a leader."""
    world = World(OURS, Knobs(load_ms=load_ms), seed=8)
    world.begin()
    world.run_for(4000 * MS)
    return world


def test_a_history_tells_what_clients_saw() -> None:
    """Every write and every answered read, in the order of their calls; linearizable."""
    world = world_of()
    world.run_for(5000 * MS)

    history = world.clients.history()

    assert [each.call_ns for each in history] == sorted(each.call_ns for each in history)
    writes = [each for each in history if isinstance(each.action, Put)]
    reads = [each for each in history if isinstance(each.action, Get)]
    assert sum(each.return_ns is not None for each in writes) == world.clients.acknowledged > 10
    assert len(reads) == world.clients.served > 5
    assert check(history).verdict is Verdict.LINEARIZABLE


def test_nobody_asks_if_there_is_no_load() -> None:
    """A cluster without clients has an empty history."""
    world = world_of(load_ms=0)

    assert world.clients.history() == []
    assert not world.clients.active


def test_a_follower_takes_no_writes() -> None:
    """What is not taken is not waited for."""
    world = world_of(load_ms=0)
    leader = world.leader()
    assert leader is not None
    follower = world.processes[1 + leader.member % 3]

    taken, refused = world.clients.write(leader), world.clients.write(follower)
    world.run_for(1000 * MS)

    assert taken is not None
    assert world.clients.is_acknowledged(taken)
    assert refused is None
    assert world.clients.acknowledged == 1


def test_only_the_member_that_was_asked_answers() -> None:
    """A write is acknowledged once, when its own member has applied it."""
    world = world_of(load_ms=0)
    leader = world.leader()
    assert leader is not None
    number = world.clients.write(leader)
    assert number is not None
    data, other = command(number, 0), 1 + leader.member % 3

    world.clients.applied(other, data)
    assert not world.clients.is_acknowledged(number)
    world.clients.applied(leader.member, data)
    world.clients.applied(leader.member, data)

    assert world.clients.acknowledged == 1


def test_a_read_is_answered_once() -> None:
    """From the machine that has reached its index; answers to nobody are dropped."""
    world = world_of(load_ms=0)
    leader = world.leader()
    assert leader is not None
    clients = world.clients
    number = clients.read(leader)
    world.run_for(500 * MS)
    assert clients.is_served(number)

    clients.answered(leader.member, number, 99, StateMachine(99, 0, (1,) * REGISTERS))
    clients.answered(leader.member, "nobody's", 99, StateMachine(99, 0, (1,) * REGISTERS))

    assert clients.served == 1
    (read,) = clients.history()
    assert read.result is None


def test_a_cluster_that_is_down_is_asked_nothing() -> None:
    """Clients go on waiting, and ask again when somebody is back."""
    world = world_of(load_ms=50)
    for process in world.processes.values():
        process.crash(power=True)
    asked = len(world.clients.history())

    world.run_for(1000 * MS)
    assert len(world.clients.history()) == asked
    for process in world.processes.values():
        process.start()
    world.run_for(4000 * MS)

    assert len(world.clients.history()) > asked
