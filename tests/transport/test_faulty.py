"""The wrapper: link rules on any transport."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from kactors.runtime import checkpoint, current_time_ns, live, open_nursery, sim, sleep
from kactors.transport.envelope import Envelope
from kactors.transport.faulty import FaultyTransport, no_latency
from kactors.transport.hooks import MessageHooks, Verdict
from kactors.transport.latency import Constant
from kactors.transport.link import LinkRule
from kactors.transport.memory import MemoryHub
from kactors.transport.rules import LinkRules, same_everywhere
from tests.transport.fake_world import MS, message


class Pair:
    """Hosts a and b on a hub; a's transport is wrapped."""

    def __init__(self, rules: LinkRules | None = None, **options: int) -> None:
        self.hub = MemoryHub()
        self.rules = rules or LinkRules(1, no_latency())
        self.hooks = MessageHooks(current_time_ns)
        inner = self.hub.transport("a")
        self.a = FaultyTransport(inner, self.rules, "a", hooks=self.hooks, **options)
        self.b = self.hub.transport("b")
        self.arrived: list[tuple[int, bytes]] = []

    def send(self, *payloads: bytes) -> None:
        """Send from a to b."""
        for payload in payloads:
            self.a.send(message("a", "b", payload))

    @property
    def payloads(self) -> list[bytes]:
        """What b has got."""
        return [payload for _, payload in self.arrived]

    def take(self, envelope: Envelope) -> None:
        """Note an arrival."""
        self.arrived.append((current_time_ns(), envelope.payload))


@asynccontextmanager
async def pair(rules: LinkRules | None = None, **options: int) -> AsyncIterator[Pair]:
    """Start both hosts, and close them in the end."""
    made = Pair(rules, **options)
    async with open_nursery() as nursery:
        await made.a.start(made.take, nursery)
        await made.b.start(made.take, nursery)
        yield made
        await made.a.aclose()
        await made.b.aclose()


async def settle() -> None:
    """Let every task run."""
    for _ in range(10):
        await checkpoint()


def test_without_rules_a_message_passes_straight_through() -> None:
    """The wrapper costs a message no time."""

    async def body() -> None:
        async with pair() as hosts:
            hosts.send(b"1", b"2")
            await settle()

            assert hosts.arrived == [(0, b"1"), (0, b"2")]
            assert hosts.a.statistics() == {"sent": 2, "received": 0}

    sim.run(body)


def test_a_cut_loses_and_counts() -> None:
    """The rules' losses show in the statistics of the sender."""

    async def body() -> None:
        async with pair() as hosts:
            hosts.rules.set("f", "a", "b", LinkRule(cut=True))
            hosts.send(b"1")
            hosts.rules.clear("f")
            hosts.send(b"2")
            await settle()

            assert hosts.payloads == [b"2"]
            assert hosts.a.statistics() == {"sent": 1, "received": 0, "dropped: cut": 1}

    sim.run(body)


def test_a_delay_delays_and_keeps_the_order() -> None:
    """What is sent after the delay has ended does not overtake what was delayed."""

    async def body() -> None:
        async with pair() as hosts:
            hosts.rules.set("f", "a", "b", LinkRule(latency=Constant(0.01)))
            hosts.send(b"1")
            await sleep(0.001)
            hosts.rules.clear("f")
            hosts.send(b"2")
            await sleep(1)

            assert hosts.payloads == [b"1", b"2"]
            assert [at_ns // MS for at_ns, _ in hosts.arrived] == [10, 10]

    sim.run(body)


def test_an_earlier_message_does_not_wait_for_a_later_one() -> None:
    """Links to different hosts do not wait for each other."""

    async def body() -> None:
        async with pair() as hosts:
            hosts.rules.set("f", "a", "c", LinkRule(latency=Constant(5)))
            hosts.rules.set("f", "a", "b", LinkRule(latency=Constant(0.01)))
            hosts.a.send(message("a", "c"))
            await sleep(0.001)
            hosts.send(b"1")
            await sleep(1)

            assert hosts.arrived == [(11 * MS, b"1")]

    sim.run(body)


def test_duplicates_are_sent_twice() -> None:
    """Each copy is a message of the transport inside."""

    async def body() -> None:
        async with pair() as hosts:
            hosts.rules.set("f", "a", "b", LinkRule(duplicate=1.0))
            hosts.send(b"1")
            await sleep(1)

            assert hosts.payloads == [b"1", b"1"]

    sim.run(body)


def test_a_clogged_link_lets_everything_go_in_order_when_it_is_free() -> None:
    """Clogged messages are late, not lost."""

    async def body() -> None:
        async with pair() as hosts:
            hosts.rules.set("f", "a", "b", LinkRule(clog=True))
            hosts.send(b"1", b"2")
            await sleep(1)
            assert hosts.arrived == []
            hosts.rules.clear("f")
            hosts.send(b"3")
            await settle()

            assert hosts.payloads == [b"1", b"2", b"3"]

    sim.run(body)


def test_the_links_own_latency_counts_too() -> None:
    """A wide-area network can be played over a local one."""

    async def body() -> None:
        rules = LinkRules(1, same_everywhere(Constant(0.05)))
        async with pair(rules) as hosts:
            hosts.send(b"1")
            await sleep(1)

            assert hosts.arrived == [(50 * MS, b"1")]

    sim.run(body)


def test_what_waits_is_bounded() -> None:
    """Delayed and held messages share one limit; what exceeds it is dropped and counted."""

    async def body() -> None:
        async with pair(waiting_max=3) as hosts:
            hosts.rules.set("f", "a", "c", LinkRule(clog=True))
            hosts.rules.set("f", "a", "b", LinkRule(latency=Constant(0.01)))
            hosts.a.send(message("a", "c"))
            hosts.send(b"1", b"2", b"3")
            hosts.a.send(message("a", "c"))
            await sleep(1)

            assert hosts.payloads == [b"1", b"2"]
            assert hosts.a.statistics()["dropped: too many waiting"] == 2

    sim.run(body)


def test_hooks_see_hold_and_drop_what_is_sent_and_delivered() -> None:
    """The wrapper offers the same hooks as the simulated network."""

    async def body() -> None:
        async with pair() as hosts:
            sent = {b"1": Verdict.PASS, b"2": Verdict.DROP, b"3": Verdict.HOLD}
            hosts.hooks.on_send.append(lambda envelope: sent.get(envelope.payload, Verdict.PASS))
            hosts.send(b"1", b"2", b"3")
            await settle()
            assert hosts.payloads == [b"1"]
            hosts.hooks.release(hosts.hooks.held[0])
            await settle()
            assert hosts.payloads == [b"1", b"3"]

            arriving = {b"4": Verdict.PASS, b"5": Verdict.DROP, b"6": Verdict.HOLD}
            delivered: list[bytes] = []
            hosts.hooks.on_deliver.append(lambda envelope: arriving[envelope.payload])
            hosts.hooks.on_delivered.append(lambda envelope: delivered.append(envelope.payload))
            for payload in arriving:
                hosts.b.send(message("b", "a", payload))
            await settle()
            assert delivered == [b"4"]
            hosts.hooks.release(hosts.hooks.held[0])

            assert delivered == [b"4", b"6"]

    sim.run(body)


def test_closing_drains_what_is_delayed_within_the_time_given() -> None:
    """What is due in time leaves, the rest is dropped."""

    async def body() -> None:
        made = Pair()
        async with open_nursery() as nursery:
            await made.a.start(made.take, nursery)
            await made.b.start(made.take, nursery)
            made.rules.set("f", "a", "b", LinkRule(latency=Constant(0.01)))
            made.send(b"1")
            made.rules.set("f", "a", "b", LinkRule(latency=Constant(5)))
            made.send(b"2")
            made.rules.set("f", "a", "b", LinkRule(clog=True))
            made.send(b"3")

            await made.a.aclose(drain_seconds=0.5)
            made.send(b"4")
            await settle()
            await made.b.aclose()

        assert made.payloads == [b"1"]
        counts = made.a.statistics()
        assert counts["dropped: closed"] == 2  # the second, delayed, and the fourth, too late
        assert counts["dropped: dropped"] == 1  # the third, held

    sim.run(body)


def test_the_live_world_knows_the_same_rules() -> None:
    """Cut, delayed, doubled, clogged, by the real clock."""

    async def body() -> None:
        async with pair() as hosts:
            hosts.send(b"1")
            hosts.rules.set("f", "a", "b", LinkRule(cut=True))
            hosts.send(b"2")
            hosts.rules.set(
                "f", "a", "b", LinkRule(latency=Constant(0.002), duplicate=1.0, spread=0)
            )
            before_ns = current_time_ns()
            hosts.send(b"3")
            while len(hosts.payloads) < 3:
                await sleep(0.001)
            assert current_time_ns() - before_ns >= 2_000_000
            hosts.rules.set("f", "a", "b", LinkRule(clog=True))
            hosts.send(b"4")
            await settle()
            assert hosts.payloads == [b"1", b"3", b"3"]
            hosts.rules.clear("f")
            await settle()

            assert hosts.payloads == [b"1", b"3", b"3", b"4"]

    live.run(body)
