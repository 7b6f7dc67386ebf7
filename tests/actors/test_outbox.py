"""The serving end of a stream: flow control, ends, failures."""

import math
from typing import Any

import pytest

from kactors.actors import (
    Actor,
    ActorFailedError,
    ActorStoppedError,
    Outbox,
    OverloadedError,
    PolicyError,
    RequestError,
    StreamBrokenError,
    StreamRequest,
    StreamTiming,
    System,
    World,
    streams,
)
from kactors.actors.mailbox import MailboxPolicy
from kactors.actors.outbox import KEPT_MAX, StreamKey
from kactors.actors.stream_table import StreamTable
from kactors.runtime import (
    EndOfChannel,
    cancel_scope,
    move_on_after,
    open_nursery,
    sim,
    sleep,
    sleep_forever,
)
from kactors.transport.envelope import Address, Envelope, Kind
from kactors.transport.hooks import Verdict
from kactors.transport.link import LinkRule
from kactors.wire import EncodeError, decode, message
from tests.actors.cast import (
    LATENCY,
    Count,
    DeclaredError,
    Note,
    Server,
    fail,
    later,
    serve,
    small_world,
)

SMALL = StreamTiming(window=4)


@message("test.outbox.follow")
class Follow(StreamRequest[Note]):
    """Ask for what `Feed` is given; then for an end, or an error."""

    end: str = ""


class Feed(Actor):
    """Streams whatever a test wants; the test has the outboxes."""

    def __init__(self) -> None:
        self.outs: list[Outbox[Note]] = []
        self.sent: list[int] = []
        self.ended: list[str] = []

    @streams
    async def follow(self, request: Follow, out: Outbox[Note]) -> None:
        """Send three events, then do as asked."""
        self.outs.append(out)
        try:
            for number in range(1, 4):
                await out.send(Note(number))
            match request.end:
                case "stay":
                    await sleep_forever()
                case "rest":
                    await sleep(2.0)
                case "":
                    pass
                case other:
                    fail(other)
        except BaseException as error:
            self.ended.append(type(error).__name__)
            raise
        self.ended.append("in order")


def read(world: World, request: StreamRequest[Note], *, to: str = "b/server") -> Any:
    """Read a stream from host ``a``; return the numbers, and what else it ended with."""

    async def reader(system: System) -> tuple[list[int], Exception | None]:
        numbers: list[int] = []
        try:
            async with system.ref(to).open_stream(request) as inbox:
                while True:
                    numbers.append((await inbox.receive()).number)
        except EndOfChannel:
            return numbers, None
        except Exception as error:  # noqa: BLE001 - it is what was asked for
            return numbers, error

    return world.call("a", reader)


def forgotten(world: World, seconds: float = 0.1) -> bool:
    """Tell whether a moment later no host has any stream left."""
    world.run_for(seconds)
    return all(host.system.streams.count == 0 for host in world.hosts.values())


class TestEnds:
    """How a stream ends, and that nothing is left of it."""

    @pytest.mark.parametrize("upto", [0, 1, 3, 64, 65, 1000])
    def test_a_clean_end_comes_after_every_event(self, upto: int) -> None:
        """In order, however many there are."""
        world = small_world()
        serve(world)

        assert read(world, Count(upto)) == (list(range(1, upto + 1)), None)
        assert forgotten(world)

    def test_a_declared_error_arrives_as_the_same_class(self) -> None:
        """After what was sent before it."""
        world = small_world()
        lives = serve(world, Feed)

        numbers, error = read(world, Follow("declared"))

        assert numbers == [1, 2, 3]
        assert isinstance(error, DeclaredError)
        assert forgotten(world)
        assert len(lives) == 1

    def test_an_undeclared_error_fails_the_actor_and_tells_the_reader(self) -> None:
        """As with a request."""
        world = small_world()
        lives = serve(world, Feed)

        numbers, error = read(world, Follow("undeclared"))

        assert numbers == [1, 2, 3]
        assert isinstance(error, ActorFailedError)
        assert "ValueError" in str(error)
        assert forgotten(world, 1.0)
        assert len(lives) == 2

    def test_a_declared_error_that_cannot_be_encoded_is_not_declared(self) -> None:
        """The reader learns that something is wrong with it."""

        class Wrong(Feed):
            @streams
            async def follow(self, request: Follow, out: Outbox[Note]) -> None:
                raise DeclaredError(5)  # type: ignore[arg-type]  # the point

        world = small_world()
        lives = serve(world, Wrong)

        _, error = read(world, Follow())
        world.run_for(1)

        assert isinstance(error, ActorFailedError)
        assert len(lives) == 2

    @pytest.mark.parametrize("how", ["stop", "kill"])
    def test_a_life_that_ends_breaks_its_streams(self, how: str) -> None:
        """The reader learns at once."""
        world = small_world()
        serve(world, Feed)
        system = world.hosts["b"].system
        end = {"stop": lambda: system.stop("server"), "kill": lambda: system.kill("server", "x")}
        later(world, 1.0, end[how])

        numbers, error = read(world, Follow("stay"))

        assert numbers == [1, 2, 3]
        assert isinstance(error, ActorStoppedError)
        assert world.time < 1.1
        assert forgotten(world)

    def test_nothing_can_be_sent_after_the_end(self) -> None:
        """Not even by a task that was left over: it would come after the last word."""
        world = small_world()
        feed = serve(world, Feed).last
        late: list[Exception] = []

        async def send_late() -> None:
            try:
                await feed.outs[0].send(Note(4))
            except StreamBrokenError as error:
                late.append(error)

        read(world, Follow())
        world.hosts["b"].machine.spawn(send_late)
        world.run_for(1)

        assert "it has ended" in str(late[0])

    def test_an_event_that_cannot_be_encoded_takes_no_number(self) -> None:
        """The handler may catch the error and go on; nothing is missing."""

        class Careless(Feed):
            @streams
            async def follow(self, request: Follow, out: Outbox[Any]) -> None:
                await out.send(Note(1))
                with pytest.raises(EncodeError):
                    await out.send("no message")
                await out.send(Note(2))

        world = small_world()
        serve(world, Careless)

        assert read(world, Follow()) == ([1, 2], None)

    def test_too_many_streams_are_refused(self) -> None:
        """Like requests, and counted with them."""

        class Small(Feed):
            mailbox = MailboxPolicy(requests_max=1)

        world = small_world()
        serve(world, Small)

        async def readers(system: System) -> Exception:
            server = system.ref("b/server")
            async with server.open_stream(Follow("rest")) as inbox:
                await inbox.receive()
                with pytest.raises(OverloadedError) as caught:
                    async with server.open_stream(Follow()) as other:
                        await other.receive()
                assert [event.number async for event in inbox] == [2, 3]
            await sleep(1.0)
            async with server.open_stream(Follow()) as inbox:
                assert [event.number async for event in inbox] == [1, 2, 3]
            return caught.value

        assert "b/server is serving 1 requests already" in str(world.call("a", readers))
        assert forgotten(world)


class TestFlowControl:
    """The reader's pace is the sender's."""

    def test_the_sender_is_never_more_than_a_window_ahead(self) -> None:
        """Of what the reader has consumed."""
        world = small_world(timing=SMALL)
        server = serve(world, Server)
        ahead: list[int] = []

        async def reader(system: System) -> None:
            consumed = 0
            async with system.ref("b/server").open_stream(Count(50)) as inbox:
                async for event in inbox:
                    consumed += 1
                    assert event.number == consumed
                    await sleep(0.1)
                    (outbox,) = world.hosts["b"].system.streams.ends or (None,)
                    if isinstance(outbox, Outbox):
                        ahead.append(outbox.sent - consumed)

        world.call("a", reader)

        assert max(ahead) == 4
        assert len(server) == 1

    def test_a_reader_that_does_not_read_blocks_the_sender(self) -> None:
        """For as long as it likes: it is slow, not gone."""
        world = small_world(timing=StreamTiming(window=4))
        serve(world)

        async def reader(system: System) -> tuple[int, list[int]]:
            async with system.ref("b/server").open_stream(Count(10)) as inbox:
                await sleep(1000.0)
                (outbox,) = world.hosts["b"].system.streams.ends
                assert isinstance(outbox, Outbox)
                return outbox.sent, [event.number async for event in inbox]

        sent, numbers = world.call("a", reader)

        assert sent == 4
        assert numbers == list(range(1, 11))

    def test_several_tasks_may_send_into_one_stream(self) -> None:
        """Each is woken when there is room; none is forgotten."""

        class Several(Actor):
            @streams
            async def count(self, request: Count, out: Outbox[Note]) -> None:
                async with open_nursery() as nursery:
                    for number in range(request.upto):
                        nursery.start_soon(out.send, Note(number))

        world = small_world(timing=SMALL)
        serve(world, Several)

        numbers, error = read(world, Count(100))

        assert error is None
        assert sorted(numbers) == list(range(100))

    def test_a_send_that_is_cancelled_leaves_nothing_behind(self) -> None:
        """Neither an event nor a waiter."""

        class Trying(Actor):
            tried = 0

            @streams
            async def count(self, request: Count, out: Outbox[Note]) -> None:
                sent = 0
                while sent < request.upto:
                    with move_on_after(0.01) as scope:
                        await out.send(Note(sent + 1))
                    self.tried += 1
                    sent += not scope.cancelled_caught

        world = small_world(timing=SMALL)
        server = serve(world, Trying).last

        async def reader(system: System) -> list[int]:
            async with system.ref("b/server").open_stream(Count(8)) as inbox:
                await sleep(1.0)
                (out,) = world.hosts["b"].system.streams.ends
                assert isinstance(out, Outbox)
                assert len(out._waiting) <= 1
                return [event.number async for event in inbox]

        assert world.call("a", reader) == list(range(1, 9))
        assert server.tried > 50

    @pytest.mark.parametrize("window", [1, 2, 3])
    def test_the_smallest_windows_work(self, window: int) -> None:
        """One event at a time, if need be."""
        world = small_world(timing=StreamTiming(window=window))
        serve(world)

        assert read(world, Count(20)) == (list(range(1, 21)), None)


class TestLeaving:
    """A reader that has enough."""

    def test_the_handler_is_cancelled(self) -> None:
        """Its cleanup runs; the actor lives on."""
        world = small_world()
        lives = serve(world, Feed)

        async def reader(system: System) -> None:
            async with system.ref("b/server").open_stream(Follow("stay")) as inbox:
                await inbox.receive()

        world.call("a", reader)
        assert forgotten(world)
        assert lives.last.ended == ["Cancelled"]
        assert len(lives) == 1

    @pytest.mark.parametrize("request_", [Count(1000, seconds=0.3), Follow("stay")])
    def test_a_lost_farewell_is_said_again(self, request_: StreamRequest[Note]) -> None:
        """To whoever still says something: an event, or only that it is there."""
        world = small_world()
        serve(world, Feed if isinstance(request_, Follow) else Server)
        lost: list[Envelope] = []

        def lose_one(envelope: Envelope) -> Verdict:
            if envelope.kind == Kind.STREAM_LEAVE and not lost:
                lost.append(envelope)
                return Verdict.DROP
            return Verdict.PASS

        async def reader(system: System) -> None:
            async with system.ref("b/server").open_stream(request_) as inbox:
                await inbox.receive()

        world.network.on_send.append(lose_one)
        world.call("a", reader)

        assert len(lost) == 1
        assert forgotten(world, 1.1)

    def test_a_handler_that_waits_for_room_is_cancelled_too(self) -> None:
        """It need not catch anything."""
        world = small_world(timing=SMALL)
        server = serve(world).last

        async def reader(system: System) -> None:
            async with system.ref("b/server").open_stream(Count(100)) as inbox:
                await inbox.receive()

        world.call("a", reader)
        assert forgotten(world)
        assert server.stopped_streams == 1

    def test_a_handler_may_notice_by_itself(self) -> None:
        """What it sends, shielded from cancellation, raises; and that is no failure."""

        class Stubborn(Feed):
            @streams
            async def follow(self, request: Follow, out: Outbox[Note]) -> None:
                with move_on_after(math.inf, shield=True):
                    for number in range(100):
                        await out.send(Note(number))
                        await sleep(0.1)

        world = small_world()
        lives = serve(world, Stubborn)

        async def reader(system: System) -> None:
            async with system.ref("b/server").open_stream(Follow()) as inbox:
                await inbox.receive()

        world.call("a", reader)
        world.run_for(20)
        assert forgotten(world)
        assert len(lives) == 1
        assert world.hosts["b"].system.failures == 0

    def test_an_error_in_cleanup_is_a_failure(self) -> None:
        """Although the reader has gone."""

        class Clumsy(Feed):
            @streams
            async def follow(self, request: Follow, out: Outbox[Note]) -> None:
                try:
                    await out.send(Note(1))
                    await sleep_forever()
                finally:
                    raise ValueError("in cleanup")

        world = small_world()
        lives = serve(world, Clumsy)

        async def reader(system: System) -> None:
            async with system.ref("b/server").open_stream(Follow()) as inbox:
                await inbox.receive()

        world.call("a", reader)
        world.run_for(1)
        assert len(lives) == 2


class Table:
    """A `StreamTable` that says things to nobody; its clock stands still."""

    def __init__(self) -> None:
        self.said: list[tuple[Kind, int]] = []
        self.table = StreamTable(self.emit, lambda: 0.0, StreamTiming())

    def emit(
        self,
        kind: Kind,
        source: Address,
        target: Address,
        incarnation: int,
        stream: int,
        number: int,
        payload: bytes,
    ) -> None:
        """Keep."""
        del source, target, incarnation, stream
        assert payload == b"" or decode(payload) is not None
        self.said.append((kind, number))


def outbox(table: Table, window: int) -> Outbox[Note]:
    """Make the serving end of a stream to nobody."""
    key = StreamKey("a", 1, 1)
    return table.table.outbox(
        key, Address("b", "server"), Address("a", "me"), cancel_scope(), window=window
    )


class TestBounds:
    """What a reader asks for is not always what it gets."""

    @pytest.mark.parametrize(("window", "room"), [(0, 1), (-5, 1), (7, 7), (10**12, KEPT_MAX)])
    def test_a_window_is_at_least_one_event_and_not_endless(self, window: int, room: int) -> None:
        """A reader that asks for a huge one does not make the server keep everything."""

        async def main() -> int:
            out = outbox(Table(), window)
            with move_on_after(1.0):
                for number in range(2 * KEPT_MAX):
                    await out.send(Note(number))
            return out.sent

        assert sim.run(main) == room

    @pytest.mark.parametrize("granted", [10**15, -(10**15), 2**63 - 1])
    def test_a_grant_beyond_reason_changes_little(self, granted: int) -> None:
        """It confirms at most what was sent, and allows at most what can be kept."""

        async def main() -> int:
            out = outbox(Table(), 4)
            for number in range(4):
                await out.send(Note(number))
            out.on_credit(granted)
            with move_on_after(1.0):
                for number in range(2 * KEPT_MAX):
                    await out.send(Note(number))
            return out.sent

        assert sim.run(main) in {4, 4 + KEPT_MAX}

    @pytest.mark.parametrize("first", [-(2**60), 0, 1, 3, 4, 2**60])
    def test_a_reader_may_ask_again_for_what_it_likes(self, first: int) -> None:
        """What is kept is sent; the rest is not there any more."""

        async def main() -> list[tuple[Kind, int]]:
            table = Table()
            out = outbox(table, 4)
            for number in range(4):
                await out.send(Note(number))
            out.on_credit(5)  # one was consumed
            table.said.clear()
            out.on_resend(first)
            return table.said

        events = [(Kind.STREAM_EVENT, n) for n in (2, 3, 4) if n >= first]
        assert sim.run(main) == [*events, (Kind.STREAM_HEARTBEAT, 4)]


class TestTiming:
    """The clockwork can be set, within reason."""

    @pytest.mark.parametrize(
        "wrong",
        [
            {"heartbeat": 0.0},
            {"silence": 19.0},
            {"silence": math.nan},
            {"retry": -1.0},
            {"retry": 6.0},
            {"window": 0},
        ],
    )
    def test_a_clockwork_that_cannot_work_is_refused(self, wrong: dict[str, Any]) -> None:
        """The error names the field."""
        with pytest.raises(PolicyError, match=f"StreamTiming.{next(iter(wrong))} is"):
            StreamTiming(**wrong)


class TestRepeating:
    """What is lost once is said again."""

    @pytest.mark.parametrize("kind", [kind for kind in Kind if kind.name.startswith("STREAM")])
    @pytest.mark.parametrize("end", ["", "declared"])
    def test_whatever_is_lost_three_times_comes_through(self, kind: Kind, end: str) -> None:
        """Asking, event, grant, last word, confirmation; and nothing is left of the stream."""
        world = small_world(timing=StreamTiming(window=2))
        serve(world, Feed)
        lost: list[int] = []

        def lose_three(envelope: Envelope) -> Verdict:
            if envelope.kind == kind and len(lost) < 3:
                lost.append(envelope.number)
                return Verdict.DROP
            return Verdict.PASS

        world.network.on_send.append(lose_three)
        numbers, error = read(world, Follow(end))

        assert numbers == [1, 2, 3] or (end and numbers == [1, 2, 3][: len(numbers)])
        assert (type(error) is DeclaredError) is (end == "declared")
        assert world.time < 10.0
        assert forgotten(world, 10.0)

    def test_a_reader_that_is_cut_off_at_the_end_is_given_up(self) -> None:
        """After the silence the server forgets the stream."""
        world = small_world()
        serve(world, Feed)
        later(
            world, LATENCY / 2, lambda: world.network.rules.set("cut", "b", "a", LinkRule(cut=True))
        )

        _, error = read(world, Follow())

        assert isinstance(error, RequestError)
        assert forgotten(world, 50.0)


def test_an_outbox_says_what_it_is() -> None:
    """For whoever debugs."""

    async def main() -> str:
        out = outbox(Table(), 4)
        await out.send(Note(1))
        return repr(out)

    assert sim.run(main) == "<stream 1 to a/me, 1 events sent>"
