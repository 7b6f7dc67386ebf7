"""Requests: answers, errors, deadlines, cancellation, and what the network does to them."""

import math
from typing import Any

import pytest

from kactors.actors import (
    ActorFailedError,
    Address,
    DeadlineExceededError,
    NoSuchActorError,
    Request,
    RequestError,
    System,
    UnreadableAnswerError,
    World,
    serves,
)
from kactors.runtime import (
    cancel_scope,
    current_effective_deadline,
    current_time,
    fail_after,
    move_on_after,
    open_nursery,
    sleep,
)
from kactors.runtime.errors import TooSlowError
from kactors.transport.envelope import Envelope, Kind
from kactors.transport.hooks import Verdict
from kactors.transport.link import LinkRule
from kactors.wire import EncodeError
from tests.actors.cast import (
    LATENCY,
    Answer,
    Ask,
    DeclaredError,
    Fail,
    Server,
    SlowAsk,
    ask,
    serve,
    small_world,
)

ROUND_TRIP = 2 * LATENCY


class TestAnswers:
    """What comes back."""

    @pytest.mark.parametrize("request_", [Ask(5), SlowAsk(5, 0.5)])
    def test_an_answer_arrives(self, request_: Request[Answer]) -> None:
        """From a plain handler and from one that waits."""
        world = small_world()
        serve(world)

        assert ask(world, request_) == Answer(5)
        assert world.hosts["a"].system.pending == 0

    def test_an_actor_may_ask_its_neighbour_and_itself(self) -> None:
        """A request runs as a task, so that one waits for the other without deadlock."""

        class Selfish(Server):
            @serves
            async def slow_ask(self, request: SlowAsk) -> Answer:
                mine = await self.request(self.address, Ask(request.number))
                other = await self.ref("b/other").request(Ask(request.number))
                return Answer(mine.number + other.number)

        world = small_world()
        serve(world, at="b/other")
        serve(world, Selfish)

        assert ask(world, SlowAsk(4, 0.0)) == Answer(8)

    def test_a_declared_error_arrives_as_the_same_class(self) -> None:
        """It is an answer: the actor goes on."""
        world = small_world()
        lives = serve(world)

        error = ask(world, Fail("declared"))

        assert isinstance(error, DeclaredError)
        assert error.reason == "as asked"
        assert len(lives) == 1

    def test_an_undeclared_error_fails_the_actor_and_answers_the_asker(self) -> None:
        """The asker learns what it was, as text; the supervisor restarts the actor."""
        world = small_world()
        lives = serve(world)

        error = ask(world, Fail("undeclared"))
        world.run_for(1)

        assert isinstance(error, ActorFailedError)
        assert error.problem == "ValueError: as asked, undeclared"
        assert len(lives) == 2
        assert ask(world, Ask(1)) == Answer(1)

    def test_a_bug_ends_the_run_with_itself(self) -> None:
        """No supervisor hides an assertion that failed."""
        world = small_world()
        serve(world)

        with pytest.raises(AssertionError, match="a bug: really"):
            ask(world, Fail("really"))

    def test_what_is_not_a_message_cannot_be_sent(self) -> None:
        """The mistake is shown where it was made, and nothing is left waiting."""
        world = small_world()

        error = ask(world, "text")  # type: ignore[arg-type]  # the point

        assert isinstance(error, EncodeError)
        assert world.hosts["a"].system.pending == 0

    @pytest.mark.parametrize("answer", [None, 5, object()])
    def test_an_answer_that_cannot_be_encoded_fails_the_actor(self, answer: Any) -> None:
        """The asker learns of it like of any failure."""

        class Wrong(Server):
            @serves
            def ask(self, request: Ask) -> Any:
                return answer

            @serves
            async def slow_ask(self, request: SlowAsk) -> Any:
                return answer

        for request in (Ask(1), SlowAsk(1, 0.0)):
            world = small_world()
            lives = serve(world, Wrong)

            error = ask(world, request)
            world.run_for(1)

            assert isinstance(error, ActorFailedError)
            assert "not registered" in error.problem
            assert len(lives) == 2


class TestDeadlines:
    """How long an asker waits, and a server works."""

    def test_no_answer_in_time(self) -> None:
        """The error says who, what and how long."""
        world = small_world()
        serve(world)
        started = world.time

        error = ask(world, SlowAsk(1, 60.0), timeout=0.5)

        assert isinstance(error, DeadlineExceededError)
        assert str(error).startswith("b/server has not answered 'test.slow-ask' within 0.5 s")
        assert world.time - started == pytest.approx(0.5)

    def test_the_default_is_ten_seconds(self) -> None:
        """Nobody waits for ever by mistake."""
        world = small_world()
        serve(world)

        error = ask(world, SlowAsk(1, 60.0))

        assert isinstance(error, DeadlineExceededError)
        assert error.seconds == 10.0

    def test_whoever_wants_to_wait_for_ever_says_so(self) -> None:
        """With infinity."""
        world = small_world()
        serve(world)

        assert ask(world, SlowAsk(1, 1000.0), timeout=math.inf) == Answer(1)

    @pytest.mark.parametrize("timeout", [-1.0, math.nan])
    def test_a_timeout_that_makes_no_sense_is_refused(self, timeout: float) -> None:
        """Before anything is sent."""
        world = small_world()
        serve(world)

        assert isinstance(ask(world, Ask(1), timeout=timeout), ValueError)
        assert world.hosts["a"].system.counts()[0] == {}

    def test_the_server_stops_working_when_the_asker_stops_waiting(self) -> None:
        """The deadline travels with the request."""
        world = small_world()
        server = serve(world).last

        ask(world, SlowAsk(1, 60.0), timeout=0.5)
        world.run_for(ROUND_TRIP)

        assert server.cancelled == [1]

    def test_a_deadline_of_the_work_around_is_left_silently(self) -> None:
        """It cancels the work that asks; the request raises nothing of its own."""
        world = small_world()
        server = serve(world).last

        async def asker(system: System) -> tuple[bool, float]:
            with move_on_after(0.5) as scope:
                await system.ref("b/server").request(SlowAsk(1, 60.0), timeout=5.0)
            return scope.cancelled_caught, current_time()

        began = world.time
        caught, now = world.call("a", asker)
        world.run_for(ROUND_TRIP)

        assert caught
        assert now - began == pytest.approx(0.5)
        assert server.cancelled == [1]

    def test_fail_after_around_a_request_is_too_slow(self) -> None:
        """As around anything else that waits."""
        world = small_world()
        serve(world)

        async def asker(system: System) -> None:
            with fail_after(0.5):
                await system.ref("b/server").request(SlowAsk(1, 60.0))

        with pytest.raises(TooSlowError):
            world.call("a", asker)

    def test_the_timeout_counts_if_it_is_the_earlier(self) -> None:
        """Then the work around goes on."""
        world = small_world()
        serve(world)

        async def asker(system: System) -> str:
            with move_on_after(5.0):
                try:
                    await system.ref("b/server").request(SlowAsk(1, 60.0), timeout=0.5)
                except DeadlineExceededError:
                    return "the request's"
            return "the work's"

        assert world.call("a", asker) == "the request's"

    def test_a_request_in_cancelled_work_is_cancelled(self) -> None:
        """It sends nothing: whoever would wait for the answer is leaving."""
        world = small_world()
        server = serve(world).last

        async def asker(system: System) -> bool:
            with cancel_scope() as scope:
                scope.cancel()
                await system.ref("b/server").request(Ask(1))
            return scope.cancelled_caught

        assert world.call("a", asker)
        world.run_for(1)
        assert server.asked == []

    def test_no_time_at_all_is_not_worth_asking_for(self) -> None:
        """The server does not begin what nobody can wait for."""
        world = small_world()
        server = serve(world).last

        error = ask(world, Ask(1), timeout=0.0)
        world.run_for(1)

        assert isinstance(error, DeadlineExceededError)
        assert server.asked == []
        assert world.hosts["b"].system.dead_letters.counts == {"too late": 1}


class Middle(Server):
    """Passes a request on to ``c/server``, with a longer timeout than the asker's.

    Attributes:
        deadlines: in how many seconds its work was to end, as it knew.
    """

    def __init__(self) -> None:
        super().__init__()
        self.deadlines: list[float] = []

    @serves
    async def slow_ask(self, request: SlowAsk) -> Answer:
        """Ask further."""
        self.deadlines.append(current_effective_deadline() - current_time())
        return await self.ref("c/server").request(request, timeout=self.timeout)

    timeout = 30.0


class TestChains:
    """An actor that asks another to answer a third."""

    def chain(self, middle: type[Middle] = Middle) -> tuple[World, Any, Any]:
        """Let ``a`` ask ``b``, which asks ``c``."""
        world = small_world("a", "b", "c")
        return world, serve(world, middle), serve(world, at="c/server")

    def test_a_deadline_goes_down_the_chain(self) -> None:
        """Both servers stop when the first asker does, whatever timeouts are in between."""
        world, middle, last = self.chain()

        error = ask(world, SlowAsk(1, 60.0), timeout=0.5)
        world.run_for(2 * LATENCY)

        assert isinstance(error, DeadlineExceededError)
        assert middle.last.deadlines == [pytest.approx(0.5)]
        assert last.last.cancelled == [1]
        assert world.hosts["b"].system.pending == 0

    def test_the_deadline_of_the_work_around_goes_down_too(self) -> None:
        """Should the cancellation be lost, the servers stop all the same."""
        world, middle, last = self.chain()
        world.network.on_send.append(
            lambda envelope: Verdict.DROP if envelope.kind == Kind.CANCEL else Verdict.PASS
        )

        async def asker(system: System) -> None:
            with move_on_after(0.5):
                await system.ref("b/server").request(SlowAsk(1, 60.0), timeout=5.0)

        world.call("a", asker)
        world.run_for(2 * LATENCY)

        assert middle.last.deadlines == [pytest.approx(0.5)]
        assert last.last.cancelled == [1]

    def test_an_answer_comes_up_the_chain(self) -> None:
        """If there is time."""
        world, _, _ = self.chain()

        assert ask(world, SlowAsk(1, 0.1), timeout=0.5) == Answer(1)

    def test_a_cancellation_goes_down_the_chain(self) -> None:
        """Each cancels what it has asked for."""
        world, _, last = self.chain()

        async def asker(system: System) -> None:
            async with open_nursery() as nursery:
                nursery.start_soon(system.ref("b/server").request, SlowAsk(1, 60.0))
                await sleep(0.5)
                nursery.cancel_scope.cancel()

        world.call("a", asker)
        world.run_for(2 * LATENCY)

        assert last.last.cancelled == [1]

    def test_an_error_of_the_last_comes_up_as_it_is(self) -> None:
        """Also that it did not answer in time: nobody in between fails for it."""

        class Impatient(Middle):
            timeout = 0.1

        world, middle, _ = self.chain(Impatient)

        late = ask(world, SlowAsk(1, 60.0), timeout=5.0)
        world.hosts["c"].system.stop("server")
        world.run_for(1)
        gone = ask(world, SlowAsk(1, 60.0), timeout=5.0)

        assert isinstance(late, DeadlineExceededError)
        assert late.address == "c/server"
        assert isinstance(gone, NoSuchActorError)
        assert gone.address == "c/server"
        assert len(middle) == 1


class TestCancellation:
    """Work that nobody waits for any more."""

    def test_the_work_for_a_cancelled_asker_is_cancelled(self) -> None:
        """Its cleanup runs, and nothing is sent back."""
        world = small_world()
        server = serve(world).last

        async def asker(system: System) -> None:
            with move_on_after(0.1):
                await system.ref("b/server").request(SlowAsk(1, 60.0), timeout=math.inf)

        world.call("a", asker)
        world.run_for(ROUND_TRIP)

        assert server.cancelled == [1]
        assert world.hosts["a"].system.dead_letters.counts == {}

    def test_the_work_for_a_crashed_asker_ends_with_the_deadline(self) -> None:
        """Nobody can say so, but the deadline was said before."""
        world = small_world()
        server = serve(world).last
        world.hosts["a"].machine.spawn(
            lambda: world.hosts["a"].system.ref("b/server").request(SlowAsk(1, 60.0), timeout=5.0)
        )
        world.run_for(1)

        world.crash("a")
        world.run_for(3.9)
        before = list(server.cancelled)
        world.run_for(0.2)

        assert before == []
        assert server.cancelled == [1]

    def test_the_work_for_an_earlier_life_ends_when_the_next_asks(self) -> None:
        """Also if it had no deadline; and its late answer is dropped and counted."""
        world = small_world()
        server = serve(world).last
        system = world.hosts["a"].system
        for number, seconds in ((1, 1000.0), (2, 5.0)):
            world.hosts["a"].machine.spawn(
                system.ref("b/server").request, SlowAsk(number, seconds), name="asker"
            )
        world.run_for(1)

        world.hosts["a"].machine.restart()
        world.run_for(1)
        before = list(server.cancelled)
        assert ask(world, Ask(3)) == Answer(3)

        assert before == []
        assert server.cancelled == [1, 2]

    def test_an_answer_to_an_earlier_life_is_dropped(self) -> None:
        """The next life may have asked something else under the same number."""
        world = small_world()
        serve(world)
        world.hosts["a"].machine.spawn(
            world.hosts["a"].system.ref("b/server").request, SlowAsk(1, 5.0)
        )
        world.run_for(1)

        world.hosts["a"].machine.restart()
        world.run_for(10)

        assert world.hosts["a"].system.dead_letters.counts == {"for an earlier life": 1}

    def test_an_answer_that_comes_too_late_is_counted(self) -> None:
        """The asker has gone on already; a plain handler cannot be stopped."""
        world = small_world()
        serve(world)

        error = ask(world, Ask(1), timeout=1.5 * LATENCY)
        world.run_for(1)

        assert isinstance(error, DeadlineExceededError)
        counts = world.hosts["a"].system.dead_letters.counts
        assert counts == {"answer that nobody waits for": 1}

    def test_a_cancellation_that_overtakes_its_request_still_counts(self) -> None:
        """The request is then not served at all."""
        world = small_world()
        server = serve(world).last

        def hold_request(envelope: Envelope) -> Verdict:
            return Verdict.HOLD if envelope.kind == Kind.REQUEST else Verdict.PASS

        async def asker(system: System) -> None:
            with move_on_after(0.1):
                await system.ref("b/server").request(Ask(1))

        world.network.on_send.append(hold_request)
        world.call("a", asker)
        world.run_for(1)
        world.network.release(world.network.held[0])
        world.run_for(1)

        assert server.asked == []
        assert world.hosts["b"].system.dead_letters.counts == {"copy of a request": 1}


class TestTheNetwork:
    """What the network may do to a request."""

    def test_a_lost_request_is_a_deadline_exceeded(self) -> None:
        """Nobody can tell a lost request from a slow server."""
        world = small_world()
        serve(world)
        world.network.rules.set("test", "a", "b", LinkRule(cut=True))

        assert isinstance(ask(world, Ask(1), timeout=1.0), DeadlineExceededError)

    def test_a_duplicated_request_is_carried_out_once(self) -> None:
        """And is answered once; also when hundreds come in between."""
        world = small_world()
        server = serve(world).last
        world.network.rules.set("test", "a", "b", LinkRule(duplicate=1.0, spread=0.5))

        async def askers(system: System) -> None:
            async with open_nursery() as nursery:
                for number in range(1000):
                    nursery.start_soon(system.ref("b/server").request, Ask(number))

        world.call("a", askers)
        world.run_for(5)

        assert sorted(server.asked) == list(range(1000))
        assert world.hosts["b"].system.dead_letters.counts == {"copy of a request": 1000}

    def test_a_duplicated_answer_is_taken_once(self) -> None:
        """The copy is a dead letter."""
        world = small_world()
        serve(world)
        world.network.rules.set("test", "b", "a", LinkRule(duplicate=1.0))

        assert ask(world, Ask(1)) == Answer(1)
        world.run_for(1)
        counts = world.hosts["a"].system.dead_letters.counts
        assert counts == {"answer that nobody waits for": 1}

    def test_nobody_can_answer_for_another(self) -> None:
        """An answer counts if it comes from whom the request went to."""
        world = small_world("a", "b", "c")
        serve(world)

        async def forge(system: System) -> None:
            system.transport.send(
                Envelope(
                    Kind.REPLY,
                    Address("c", "server"),
                    1,
                    Address("a", "system"),
                    1,
                    1,
                    0,
                    -1,
                    b"\x92\xabtest.answer\x63",
                )
            )

        world.hosts["c"].machine.spawn(forge, world.hosts["c"].system)

        assert ask(world, SlowAsk(5, 0.5)) == Answer(5)

    @pytest.mark.parametrize(
        ("kind", "payload"),
        [
            (Kind.REPLY, b""),
            (Kind.REPLY, b"garbage"),
            (Kind.FAILURE, b"\x92\xacno-such-tag.\x01"),
            (Kind.FAILURE, b"\x92\xabtest.answer\x05"),
        ],
    )
    def test_an_answer_that_cannot_be_read_is_an_error_of_the_request(
        self, kind: Kind, payload: bytes
    ) -> None:
        """Whoever catches `RequestError` catches this, too."""
        world = small_world()
        serve(world)

        def spoil(envelope: Envelope) -> Verdict:
            if envelope.kind != Kind.REPLY or envelope.payload == payload:
                return Verdict.PASS
            world.hosts["b"].system.transport.send(envelope._replace(kind=kind, payload=payload))
            return Verdict.DROP

        world.network.on_send.append(spoil)
        error = ask(world, Ask(1))
        world.network.on_send.clear()

        assert isinstance(error, UnreadableAnswerError)
        assert isinstance(error, RequestError)
        assert "b/server" in str(error)
