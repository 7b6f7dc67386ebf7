"""What arrives finds its actor, or is turned away, counted and visible."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kactors.actors import (
    Actor,
    Address,
    DeadLetter,
    Inspect,
    NoSuchActorError,
    NotRunningError,
    Request,
    RequestError,
    StreamBrokenError,
    System,
    UnhandledError,
    UnreadableError,
    World,
    handles,
    serves,
)
from kactors.actors.cell import EARLY_MAX
from kactors.runtime import move_on_after, open_nursery, sleep
from kactors.transport.envelope import Envelope, Kind
from kactors.transport.hooks import Verdict
from kactors.wire import decode, encode
from tests.actors.cast import (
    LATENCY,
    Answer,
    Ask,
    Count,
    Idle,
    Lives,
    Note,
    Server,
    SlowAsk,
    ask,
    now,
    serve,
    small_world,
    tell,
)

SERVER = Address("b", "server")
SYSTEM = Address("a", "system")


def inject(world: World, *envelopes: Envelope) -> None:
    """Let envelopes arrive at host ``b`` as if host ``a`` had sent them."""
    transport = world.hosts["a"].system.transport
    for envelope in envelopes:
        transport.send(envelope)
    world.run_for(2 * LATENCY)


def request(
    payload: bytes, number: int = 900, *, kind: int = Kind.REQUEST, target: Address = SERVER
) -> Envelope:
    """Make an envelope by hand."""
    return Envelope(kind, SYSTEM, 1, target, 0, number, 64, 10**10, payload)


class TestTurnedAway:
    """Whoever asks learns why; whoever sends one way does not; both are counted."""

    @pytest.mark.parametrize(
        ("request_", "to", "error", "reason"),
        [
            (Ask(1), "b/nobody", NoSuchActorError, "no such actor"),
            (Inspect(), "b/server", UnhandledError, "unhandled"),
            (Ask(1), "b/idle", UnhandledError, "unhandled"),
        ],
    )
    def test_a_request_is_answered_with_the_reason(
        self, request_: Request[object], to: str, error: type[RequestError], reason: str
    ) -> None:
        """And is a dead letter."""
        world = small_world()
        serve(world)
        serve(world, Idle, at="b/idle")

        answer = ask(world, request_, to=to)

        assert type(answer) is error
        assert to in str(answer)
        assert world.hosts["b"].system.dead_letters.counts == {reason: 1}

    @pytest.mark.parametrize(
        ("to", "reason"), [("b/nobody", "no such actor"), ("b/idle", "unhandled")]
    )
    def test_a_message_is_a_dead_letter(self, to: str, reason: str) -> None:
        """Also one that is handled, but not one way."""
        world = small_world()
        serve(world, Idle, at="b/idle")

        tell(world, Note(1), to=to)

        assert list(world.hosts["b"].system.dead_letters.latest) == [
            DeadLetter(reason, to, "test.note")
        ]

    @pytest.mark.parametrize("way", ["send", "stream"])
    def test_a_handler_is_of_one_kind(self, way: str) -> None:
        """A request that is sent one way, or asked for as a stream, is not handled."""
        world = small_world()
        serve(world)

        if way == "send":
            tell(world, Ask(1))
        else:
            inject(world, request(encode(Ask(1)), kind=Kind.STREAM_OPEN))

        assert world.hosts["b"].system.dead_letters.counts == {"unhandled": 1}

    @pytest.mark.parametrize("payload", [b"", b"garbage", b"\x92\xa5no-tag\x01", b"\x91\x01"])
    def test_garbage_is_unreadable(self, payload: bytes) -> None:
        """The asker learns of it; the actor does not."""
        world = small_world()
        lives = serve(world)
        replies: list[Envelope] = []
        world.network.on_delivered.append(replies.append)

        inject(world, request(payload), request(payload, kind=Kind.SEND))
        world.run_for(1)

        answers = [decode(each.payload) for each in replies if each.kind == Kind.FAILURE]
        assert [type(answer) for answer in answers] == [UnreadableError]
        assert "could not read the request" in str(answers[0])
        assert world.hosts["b"].system.dead_letters.counts == {"unreadable": 2}
        assert len(lives) == 1

    def test_an_unknown_kind_is_a_dead_letter(self) -> None:
        """A newer version may know it."""
        world = small_world()

        inject(world, request(b"", kind=99), request(b"", kind=99)._replace(target_incarnation=7))

        assert list(world.hosts["b"].system.dead_letters.latest) == [
            DeadLetter("of an unknown kind", "b/server", "kind 99"),
            DeadLetter("for an earlier life", "b/server", "kind 99"),
        ]

    @pytest.mark.parametrize(
        ("kind", "answer", "number"),
        [
            (Kind.STREAM_EVENT, Kind.STREAM_LEAVE, 0),
            (Kind.STREAM_HEARTBEAT, Kind.STREAM_LEAVE, 0),
            (Kind.STREAM_END, Kind.STREAM_CONFIRM, 0),
            (Kind.STREAM_CREDIT, Kind.STREAM_BREAK, 900),
        ],
    )
    def test_a_stream_of_an_earlier_life_is_refused_without_its_number(
        self, kind: Kind, answer: Kind, number: int
    ) -> None:
        """This life's streams and requests may have the same numbers; a server's do not."""
        world = small_world()
        serve(world)
        replies: list[Envelope] = []
        world.network.on_delivered.append(replies.append)

        inject(world, request(b"", kind=kind)._replace(target_incarnation=7))
        world.run_for(1)

        assert (replies[1].kind, replies[1].id) == (answer, number)

    def test_what_an_earlier_life_asked_for_is_not_done(self) -> None:
        """It was held on its way, and its asker is no more."""
        world = small_world()
        server = serve(world).last
        inject(world, request(encode(Ask(1)))._replace(source_incarnation=2))

        inject(world, request(encode(Ask(2)), 901))
        inject(world, request(encode(Count(5)), 902, kind=Kind.STREAM_OPEN))
        inject(world, request(b"", 902, kind=Kind.STREAM_CREDIT))
        inject(world, request(b"", 900, kind=Kind.CANCEL))

        assert server.asked == [1]
        assert world.hosts["b"].system.dead_letters.counts == {"from an earlier life": 3}

    @settings(max_examples=200, deadline=None)
    @given(
        kind=st.integers(-1, 20),
        source=st.sampled_from(["system", "server", ""]),
        lives=st.tuples(st.integers(0, 3), st.integers(0, 3)),
        numbers=st.tuples(*[st.integers(-(2**63), 2**63 - 1)] * 3),
        payload=st.one_of(
            st.binary(max_size=20),
            st.sampled_from([encode(Note(1)), encode(Ask(1)), encode(Count(2))]),
        ),
    )
    def test_whatever_arrives_nothing_breaks(
        self,
        kind: int,
        source: str,
        lives: tuple[int, int],
        numbers: tuple[int, int, int],
        payload: bytes,
    ) -> None:
        """`Receiver.deliver` never raises, and honest askers of other hosts are served on."""
        world = small_world("a", "b", "c")
        serve(world)
        forged = Envelope(kind, Address("c", source), lives[0], SERVER, lives[1], *numbers, payload)

        now(world, lambda: world.hosts["b"].system.receiver.deliver(forged))
        world.run_for(1)

        assert ask(world, Ask(1)) == Answer(1)


class Slowly(Server):
    """Takes two seconds to start.

    Attributes:
        started: whether it has.
    """

    def __init__(self) -> None:
        super().__init__()
        self.started = False

    async def on_start(self) -> None:
        """Sleep."""
        await sleep(2.0)
        self.started = True

    @handles
    def note(self, note: Note, sender: Address) -> None:
        """Check that this is not too early."""
        assert self.started, f"{note} from {sender} was handled before on_start had returned"
        self.notes.append(note.number)


class TestTooEarly:
    """What arrives while its actor starts."""

    def test_it_waits_until_on_start_has_returned(self) -> None:
        """Then it is handled in the order of its arrival."""
        world = small_world()
        server = serve(world, Slowly).last
        tell(world, Note(1), Note(2))

        answer = ask(world, Ask(3))
        tell(world, Note(4))

        assert answer == Answer(3)
        assert server.notes == [1, 2, 4]
        assert world.time == pytest.approx(2.0 + 3 * LATENCY)

    def test_a_stream_waits_too(self) -> None:
        """Although it is asked for again and again meanwhile."""
        world = small_world()
        serve(world, Slowly)

        async def reader(system: System) -> list[int]:
            async with system.ref("b/server").open_stream(Count(3)) as inbox:
                return [event.number async for event in inbox]

        assert world.call("a", reader) == [1, 2, 3]

    def test_its_deadline_runs_meanwhile(self) -> None:
        """What nobody waits for any more is not served; the rest has as long as is left."""
        world = small_world()
        server = serve(world, Slowly).last

        ask(world, Ask(1), timeout=1.0)
        error = ask(world, SlowAsk(2, 60.0), timeout=3.0)
        world.run_for(2 * LATENCY)

        assert server.asked == [2]
        assert isinstance(error, RequestError)
        assert server.cancelled == [2]
        assert world.hosts["b"].system.dead_letters.counts == {"too late": 1}

    def test_it_is_forgotten_when_its_asker_cancels(self) -> None:
        """Or leaves the stream."""
        world = small_world()
        server = serve(world, Slowly).last

        async def asker(system: System) -> None:
            with move_on_after(1.0):
                await system.ref("b/server").request(Ask(1))
            with move_on_after(0.5):
                async with system.ref("b/server").open_stream(Count(3)) as inbox:
                    await inbox.receive()

        world.call("a", asker)
        world.run_for(5)

        assert server.asked == []
        assert server.stopped_streams == 0
        counts = world.hosts["b"].system.dead_letters.counts
        assert counts == {"cancelled before it was served": 2}

    def test_it_is_forgotten_when_its_asker_has_restarted(self) -> None:
        """As soon as the next life is heard of."""
        world = small_world()
        server = serve(world, Slowly).last
        system = world.hosts["a"].system
        world.hosts["a"].machine.spawn(system.ref("b/server").request, Ask(1))
        world.run_for(0.1)

        world.hosts["a"].machine.restart()
        world.run_for(0.1)
        answer = ask(world, Ask(2))

        assert answer == Answer(2)
        assert server.asked == [2]

    def test_it_is_refused_when_the_actor_does_not_start(self) -> None:
        """Nothing was carried out, and that is said."""

        class Never(Actor):
            async def on_start(self) -> None:
                await sleep(1.0)
                raise ValueError("no")

            @serves
            def ask(self, request: Ask) -> Answer:
                return Answer(0)

        world = small_world()
        serve(world, Never)
        tell(world, Note(1))

        error = ask(world, Ask(1))

        assert isinstance(error, NotRunningError)
        assert "try again later" in str(error)
        assert world.time < 1.1
        assert sum(world.hosts["b"].system.dead_letters.counts.values()) == 2

    def test_a_message_for_an_actor_between_two_lives_is_refused(self) -> None:
        """At once: it may be long until the next."""
        world = small_world()
        serve(world)
        world.hosts["b"].system.kill("server", "a test")
        world.run_for(0.0)
        tell(world, Note(1))

        error = ask(world, Ask(1))

        assert isinstance(error, NotRunningError)
        assert error.state == "waiting to be restarted"
        counts = world.hosts["b"].system.dead_letters.counts
        assert counts == {"waiting to be restarted": 2}

    def test_not_everything_can_wait(self) -> None:
        """Ten thousand envelopes are enough."""
        world = small_world()
        server = serve(world, Slowly).last

        tell(world, *(Note(number) for number in range(EARLY_MAX + 3)))
        error = ask(world, Ask(1))
        world.run_for(5)

        assert isinstance(error, NotRunningError)
        assert len(server.notes) == EARLY_MAX
        counts = world.hosts["b"].system.dead_letters.counts
        assert counts == {"too many before it has started": 4}

    def test_an_actor_that_stops_before_it_runs_handles_nothing(self) -> None:
        """What has waited for it is refused."""

        class Reluctant(Slowly):
            async def on_start(self) -> None:
                await sleep(1.0)
                self.stop()

        world = small_world()
        lives: Lives = serve(world, Reluctant)
        tell(world, Note(1))

        error = ask(world, Ask(1))

        assert isinstance(error, NotRunningError)
        assert lives.last.notes == []
        assert "server" not in world.hosts["b"].system.cells


class TestRefusedStreams:
    """A stream that cannot be opened says why, also over a bad network."""

    def open(self, world: World, to: str) -> Exception:
        """Try to read a stream; return what it breaks with."""

        async def reader(system: System) -> Exception:
            try:
                async with system.ref(to).open_stream(Count(3)) as inbox:
                    await inbox.receive()
            except RequestError as error:
                return error
            raise AssertionError("the stream was opened")

        found = world.call("a", reader)
        assert isinstance(found, Exception)
        return found

    @pytest.mark.parametrize(
        ("to", "error"), [("b/nobody", NoSuchActorError), ("b/idle", UnhandledError)]
    )
    def test_the_reason_arrives(self, to: str, error: type[Exception]) -> None:
        """As the same class as for a request."""
        world = small_world()
        serve(world, Idle, at="b/idle")

        assert type(self.open(world, to)) is error
        world.run_for(100)
        assert world.hosts["a"].system.streams.count == 0
        assert world.hosts["b"].system.streams.count == 0

    def test_the_reason_arrives_although_it_was_lost_at_first(self) -> None:
        """It is asked for again, and refused again."""
        world = small_world()
        lost: list[Envelope] = []

        def drop_first(envelope: Envelope) -> Verdict:
            if envelope.kind == Kind.STREAM_BREAK and not lost:
                lost.append(envelope)
                return Verdict.DROP
            return Verdict.PASS

        world.network.on_send.append(drop_first)

        assert isinstance(self.open(world, "b/nobody"), NoSuchActorError)
        assert len(lost) == 1

    def test_the_server_may_be_unreachable(self) -> None:
        """After thirty seconds of silence nobody waits any longer."""
        world = small_world()
        world.crash("b")

        error = self.open(world, "b/server")

        assert isinstance(error, StreamBrokenError)
        assert "nothing was heard for 30.0 s" in str(error)
        assert 30 <= world.time <= 41


def test_many_requests_are_under_way_at_once() -> None:
    """Their numbers tell the answers apart, whatever the order in which they come."""
    world = small_world()
    serve(world)

    async def asker(system: System, number: int, got: dict[int, int]) -> None:
        seconds = (number * 7919 % 100) / 100
        answer = await system.ref("b/server").request(SlowAsk(number, seconds))
        got[number] = answer.number

    async def askers(system: System) -> dict[int, int]:
        got: dict[int, int] = {}
        async with open_nursery() as nursery:
            for number in range(100):
                nursery.start_soon(asker, system, number, got)
        return got

    assert world.call("a", askers) == {number: number for number in range(100)}
