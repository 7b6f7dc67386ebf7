"""Requests that are answered later, without a task."""

from kactors.actors import (
    Actor,
    ActorFailedError,
    ActorStoppedError,
    Asker,
    DeadlineExceededError,
    MailboxPolicy,
    OverloadedError,
    World,
    handles,
    serves_later,
)
from tests.actors.cast import Answer, Ask, DeclaredError, Fail, Note, ask, fail, serve, small_world
from tests.actors.cast import tell as send


class Clerk(Actor):
    """Answers what it was asked when it is told to.

    Attributes:
        waiting: who has asked, by number.
    """

    mailbox = MailboxPolicy(requests_max=3)

    def __init__(self) -> None:
        self.waiting: dict[int, Asker[Answer]] = {}

    @serves_later
    def ask(self, request: Ask, asker: Asker[Answer]) -> None:
        """Keep the asker waiting, unless the number is known."""
        if request.number == 0:
            asker.answer(Answer(0))
        else:
            self.waiting[request.number] = asker

    @serves_later
    def fails(self, request: Fail, asker: Asker[Answer]) -> None:
        """Raise."""
        fail(request.how)

    @handles
    def note(self, note: Note) -> None:
        """Answer the request of this number; stop for a negative one."""
        if note.number < 0:
            self.stop()
        else:
            self.waiting[note.number].answer(Answer(10 * note.number))


def asked(world: World, *numbers: int, timeout: float = 60.0) -> dict[int, object]:
    """Ask for numbers; return where their answers, or what came instead, will be."""
    answers: dict[int, object] = {}
    clerk = world.hosts["a"].system.ref("b/server")

    async def asker(number: int) -> None:
        try:
            answers[number] = (await clerk.request(Ask(number), timeout=timeout)).number
        except Exception as error:  # noqa: BLE001 - it is what was asked for
            answers[number] = type(error)

    for number in numbers:
        world.hosts["a"].machine.spawn(asker, number)
    world.run_for(0.1)
    return answers


def test_answers_come_in_whatever_order_they_are_given() -> None:
    """Also at once."""
    world = small_world()
    serve(world, Clerk)
    answers = asked(world, 1, 2, 0)
    assert answers == {0: 0}

    send(world, Note(2), Note(1))
    world.run_for(1)

    assert answers == {0: 0, 2: 20, 1: 10}


def test_the_first_answer_counts() -> None:
    """Others are ignored, whatever they are; the asker hears of one."""
    world = small_world()
    clerk = serve(world, Clerk).last
    answers = asked(world, 1)

    asker = clerk.waiting[1]
    asker.answer(Answer(5))
    asker.answer(Answer(6))
    asker.refuse(ValueError("no"))
    asker.refuse(DeclaredError("no"))
    world.run_for(1)

    assert answers == {1: 5}
    assert len(clerk.life.owed) == clerk.life.serving == 0
    assert world.hosts["a"].system.dead_letters.counts == {}


def test_an_error_that_travels_is_no_failure() -> None:
    """Raised by the handler or given to the asker, it arrives as what it is."""
    world = small_world()
    lives = serve(world, Clerk)
    answers = asked(world, 1)

    lives.last.waiting[1].refuse(DeclaredError("no"))
    world.run_for(1)

    assert answers == {1: DeclaredError}
    assert isinstance(ask(world, Fail("declared")), DeclaredError)
    assert len(lives) == 1


def test_any_other_error_is_the_actors_failure() -> None:
    """Raised or given; all who wait are told."""
    world = small_world()
    lives = serve(world, Clerk)
    answers = asked(world, 1, 2)

    lives.last.waiting[1].refuse(ValueError("no"))
    world.run_for(1)

    assert answers == {1: ActorFailedError, 2: ActorStoppedError}
    assert isinstance(ask(world, Fail("undeclared")), ActorFailedError)
    world.run_for(1)
    assert len(lives) == 3


def test_who_waits_when_the_life_ends_is_told() -> None:
    """Nobody could answer any more; answers after the life are ignored."""
    world = small_world()
    clerk = serve(world, Clerk).last
    answers = asked(world, 1)
    asker = clerk.waiting[1]

    send(world, Note(-1))
    world.run_for(1)
    asker.answer(Answer(1))
    world.run_for(1)

    assert answers == {1: ActorStoppedError}


def test_one_too_many_is_refused() -> None:
    """They count like requests that have a task; whoever is answered makes room."""
    world = small_world()
    serve(world, Clerk)
    assert asked(world, 1, 2, 3) == {}
    assert asked(world, 4) == {4: OverloadedError}

    send(world, Note(1))

    assert asked(world, 5) == {}


def test_an_asker_who_has_given_up_throws_the_answer_away() -> None:
    """The handler does not notice; the answer is a dead letter."""
    world = small_world()
    serve(world, Clerk)
    answers = asked(world, 1, timeout=0.05)
    assert answers == {1: DeadlineExceededError}

    send(world, Note(1))
    world.run_for(1)

    assert answers == {1: DeadlineExceededError}
    assert world.hosts["a"].system.dead_letters.counts == {"answer that nobody waits for": 1}
