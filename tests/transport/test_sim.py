"""The simulated network: deliveries, the state of hosts, held messages, hooks, evidence."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from kactors.evidence.digest import Digest
from kactors.evidence.trace import Recorder
from kactors.transport.envelope import Envelope, Kind
from kactors.transport.hooks import Verdict
from kactors.transport.latency import Uniform
from kactors.transport.link import LinkRule
from kactors.transport.rules import same_everywhere
from tests.transport.fake_world import MS, FakeWorld, finish, message


def test_a_message_arrives_after_the_latency() -> None:
    """Nothing stands between sender and receiver but the link."""
    world = FakeWorld("a", "b")

    world.send("a", "b", b"hello")
    world.run()

    assert world.arrived == [(MS, "b", b"hello")]
    assert world.transports["a"].statistics() == {"sent": 1, "received": 0}
    assert world.transports["b"].statistics() == {"sent": 0, "received": 1}


def test_messages_of_one_link_arrive_in_order() -> None:
    """Latencies vary, the order does not."""
    world = FakeWorld("a", "b", latency_of=same_everywhere(Uniform(0.0, 0.1)))

    for number in range(100):
        world.send("a", "b", bytes([number]))
    world.run()

    assert world.payloads == [bytes([number]) for number in range(100)]
    assert len({at_ns for at_ns, _, _ in world.arrived}) == 100


def test_a_message_to_an_unknown_host_is_counted_as_dropped() -> None:
    """Nobody is there to complain, so the sender's statistics do."""
    world = FakeWorld("a")

    world.send("a", "nowhere")
    world.run()

    assert world.transports["a"].statistics()["dropped: no such host"] == 1


def test_a_crashed_host_loses_messages_until_it_listens_again() -> None:
    """A message on its way to a host that is down, or not ready yet, is lost."""
    world = FakeWorld("a", "b")

    world.send("a", "b", b"1")
    world.hosts["b"].crash()
    world.run()
    world.hosts["b"].restart()
    world.send("a", "b", b"2")
    world.run()
    world.listen("b")
    world.send("a", "b", b"3")
    world.run()

    assert world.payloads == [b"3"]
    statistics = world.transports["a"].statistics()
    assert statistics["dropped: host down"] == 1
    assert statistics["dropped: not listening"] == 1


def test_a_paused_host_gets_its_messages_in_order_when_it_resumes() -> None:
    """The world goes on and its messages queue up."""
    world = FakeWorld("a", "b", "c")
    world.hosts["b"].paused = True

    world.send("a", "b", b"1")
    world.run(5 * MS)
    world.send("c", "b", b"2")
    world.run(10 * MS)
    assert world.arrived == []
    world.hosts["b"].resume()

    assert world.arrived == [(10 * MS, "b", b"1"), (10 * MS, "b", b"2")]


def test_a_host_that_crashes_while_paused_loses_what_was_kept() -> None:
    """What was kept was in memory."""
    world = FakeWorld("a", "b")
    world.hosts["b"].paused = True
    world.send("a", "b")
    world.run()

    world.hosts["b"].crash()
    world.hosts["b"].restart()
    world.listen("b")
    world.run()

    assert world.arrived == []


def test_a_closed_transport_neither_sends_nor_listens() -> None:
    """What it is given is dropped and counted."""
    world = FakeWorld("a", "b", "c")
    finish(world.transports["b"].aclose())

    world.send("a", "b")
    world.send("b", "c")
    world.run()

    assert world.arrived == []
    assert world.transports["a"].statistics()["dropped: not listening"] == 1
    assert world.transports["b"].statistics()["dropped: closed"] == 1


def test_closing_an_old_transport_does_not_silence_the_new_one() -> None:
    """The transport of the next life listens on, whenever the old one is closed."""
    world = FakeWorld("a", "b")
    old = world.transports["b"]
    world.listen("b")

    finish(old.aclose())
    world.send("a", "b", b"x")
    world.run()

    assert world.payloads == [b"x"]


def test_a_one_way_cut_lets_the_other_direction_through() -> None:
    """A link may deliver in one direction only."""
    world = FakeWorld("a", "b")
    world.network.rules.set("f", "a", "b", LinkRule(cut=True))

    world.send("a", "b", b"lost")
    world.send("b", "a", b"kept")
    world.run()

    assert world.payloads == [b"kept"]


def test_what_was_sent_before_a_cut_arrives() -> None:
    """A cut ends the sending, not the flight."""
    world = FakeWorld("a", "b")

    world.send("a", "b", b"1")
    world.network.rules.set("f", "a", "b", LinkRule(cut=True))
    world.run()

    assert world.payloads == [b"1"]


def test_duplicates_are_delivered_twice() -> None:
    """Each copy is a delivery."""
    world = FakeWorld("a", "b")
    world.network.rules.set("f", "a", "b", LinkRule(duplicate=1.0))

    world.send("a", "b", b"x")
    world.run()

    assert world.payloads == [b"x", b"x"]


def test_a_clogged_link_lets_everything_go_in_order_when_it_is_free() -> None:
    """Clogged messages are late, not lost."""
    world = FakeWorld("a", "b")
    rules = world.network.rules
    rules.set("f", "a", "b", LinkRule(clog=True))
    rules.set("g", "a", "b", LinkRule(clog=True))
    for number in range(5):
        world.send("a", "b", bytes([number]))
    world.run(10 * MS)

    rules.clear("f")
    world.run(20 * MS)
    assert world.arrived == []
    rules.clear("g")
    world.run()

    assert world.payloads == [bytes([number]) for number in range(5)]
    assert world.arrived[0][0] == 21 * MS
    assert world.network.held == ()


def test_held_messages_are_released_or_dropped_one_by_one() -> None:
    """A test can decide the order of deliveries itself."""
    world = FakeWorld("a", "b")
    world.network.rules.set("f", "a", "b", LinkRule(clog=True))
    for payload in (b"1", b"2", b"3"):
        world.send("a", "b", payload)

    first, second, third = world.network.held
    assert (first.reason, first.since_ns, first.envelope.payload) == ("clogged", 0, b"1")
    world.network.release(third)
    world.network.drop(second)
    world.run()
    world.network.release(third)
    world.network.drop(second)
    world.network.rules.clear("f")
    world.run()

    assert world.payloads == [b"3", b"1"]
    assert world.transports["a"].statistics()["dropped: dropped"] == 1


def test_a_hook_on_delivery_can_hold_and_drop() -> None:
    """A trigger decides about a message at the moment of its delivery."""
    world = FakeWorld("a", "b")
    wanted = {b"1": Verdict.PASS, b"2": Verdict.DROP, b"3": Verdict.HOLD}
    world.network.on_deliver.append(lambda envelope: wanted[envelope.payload])

    for payload in wanted:
        world.send("a", "b", payload)
    world.run(5 * MS)
    assert world.payloads == [b"1"]
    (held,) = world.network.held
    assert held.reason == "arrived"
    world.network.release(held)

    assert world.payloads == [b"1", b"3"]


def test_a_hook_on_sending_can_hold_and_drop() -> None:
    """A message released from before its link still takes the link's latency."""
    world = FakeWorld("a", "b")
    wanted = {b"1": Verdict.PASS, b"2": Verdict.DROP, b"3": Verdict.HOLD}
    world.network.on_send.append(lambda envelope: wanted[envelope.payload])

    for payload in wanted:
        world.send("a", "b", payload)
    world.run(5 * MS)
    world.network.release(world.network.held[0])
    world.run()

    assert world.arrived == [(MS, "b", b"1"), (6 * MS, "b", b"3")]


def test_a_hook_that_crashes_the_receiver_prevents_the_delivery() -> None:
    """A fault just before a delivery comes before it."""
    world = FakeWorld("a", "b")

    def crash(_: Envelope) -> Verdict:
        world.hosts["b"].crash()
        return Verdict.PASS

    world.network.on_deliver.append(crash)
    world.send("a", "b")
    world.run()

    assert world.arrived == []
    assert world.transports["a"].statistics()["dropped: host down"] == 1


def test_a_hook_that_pauses_the_receiver_is_not_asked_again_on_resume() -> None:
    """The message that fired a trigger fires it once."""
    world = FakeWorld("a", "b")
    asked: list[bytes] = []

    def pause(envelope: Envelope) -> Verdict:
        asked.append(envelope.payload)
        world.hosts["b"].paused = True
        return Verdict.PASS

    world.network.on_deliver.append(pause)
    world.send("a", "b", b"x")
    world.run()
    assert world.arrived == []
    world.hosts["b"].resume()

    assert world.payloads == [b"x"]
    assert asked == [b"x"]


def test_a_hook_after_delivery_sees_what_was_delivered() -> None:
    """It is told after the receiver."""
    world = FakeWorld("a", "b")
    seen: list[int] = []
    world.network.on_delivered.append(lambda _: seen.append(len(world.arrived)))

    world.send("a", "b")
    world.run()

    assert seen == [1]


def test_the_digest_counts_deliveries() -> None:
    """A lost message is no event, a delivered one is, quick way or long."""
    world = FakeWorld("a", "b")
    world.send("a", "b", b"1")
    world.send("a", "nowhere", b"1")
    world.run()
    world.network.on_delivered.append(lambda _: None)
    world.send("a", "b", b"2")
    world.run()

    assert world.network.digest.events == 2


actions = st.lists(
    st.tuples(st.sampled_from("abc"), st.sampled_from("abc"), st.integers(0, 4 * MS)), max_size=40
)


def play(
    seed: int, script: list[tuple[str, str, int]], *, long_way: bool
) -> tuple[str, list[object]]:
    """Send the messages of a script; return the digest and what arrived."""
    world = FakeWorld(
        "a", "b", "c", seed=seed, latency_of=same_everywhere(Uniform(0.0, 0.01)), digest=Digest()
    )
    if long_way:
        world.network.on_send.append(lambda _: Verdict.PASS)
        world.network.on_deliver.append(lambda _: Verdict.PASS)
    for number, (source, target, later_ns) in enumerate(script):
        world.run(world.scheduler.now_ns + later_ns)
        world.send(source, target, bytes([number]), Kind(number % 3))
    world.run()
    return world.network.digest.hexdigest(), list(world.arrived)


@given(st.integers(0, 2**32), actions)
def test_the_quick_way_and_the_long_way_lead_to_the_same_run(
    seed: int, script: list[tuple[str, str, int]]
) -> None:
    """Hooks that let everything pass change nothing."""
    assert play(seed, script, long_way=False) == play(seed, script, long_way=True)


def test_another_seed_is_another_run() -> None:
    """Chance comes from the seed."""
    script = [("a", "b", MS)] * 10

    assert play(1, script, long_way=False) != play(2, script, long_way=False)


def test_a_trace_tells_of_sending_delivery_and_loss() -> None:
    """A message carries one flow number from its sending to its end."""
    world = FakeWorld("a", "b")
    recorder = Recorder(lambda: world.scheduler.now_ns)
    world.network.recorder = recorder
    world.network.describe = lambda payload: payload.decode()

    world.send("a", "b", b"hi")
    world.run()
    world.network.rules.set("f", "a", "b", LinkRule(cut=True))
    world.send("a", "b", b"ho")
    world.send("a", "nowhere")
    world.run()

    told = [
        (r.what, r.host, r.true_ns, r.fields["flow"], r.fields["message"]) for r in recorder.records
    ]
    assert told == [
        ("send", "a", 0, 1, "hi"),
        ("deliver", "b", MS, 1, "hi"),
        ("send", "a", MS, 2, "ho"),
        ("lost", "a", MS, 2, "ho"),
        ("send", "a", MS, 3, ""),
        ("lost", "a", 2 * MS, 3, ""),
    ]
    assert Counter(r.fields.get("reason") for r in recorder.records)["no such host"] == 1


def test_a_trace_does_not_change_the_run() -> None:
    """Looking on is free of consequences."""
    digests = []
    for traced in (False, True):
        world = FakeWorld("a", "b", latency_of=same_everywhere(Uniform(0.0, 0.01)))
        if traced:
            world.network.recorder = Recorder(lambda: 0)
        for number in range(20):
            world.send("a", "b", bytes([number]))
        world.run()
        digests.append(world.network.digest.hexdigest())

    assert digests[0] == digests[1]


def test_an_envelope_is_delivered_as_it_was_sent() -> None:
    """The network does not touch what it carries."""
    world = FakeWorld("a", "b")
    got: list[Envelope] = []
    world.network.on_delivered.append(got.append)
    sent = message("a", "b", b"x", Kind.REQUEST)._replace(id=7, number=3, deadline_ns=5)

    world.transports["a"].send(sent)
    world.run()

    assert got == [sent]
