"""An actor class says which messages it takes; what it says wrongly is refused."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from kactors.actors import (
    Actor,
    Address,
    Asker,
    HandlerError,
    Outbox,
    handles,
    serves,
    serves_later,
    streams,
)
from kactors.actors.handlers import Handler, HandlerKind, handlers_of
from tests.actors.cast import Answer, Ask, Count, Note, SlowAsk, ask, serve, small_world


class Base(Actor):
    """Has one handler of each form."""

    @handles
    def plain(self, note: Note) -> None:
        """Take one way."""

    @serves
    async def waits(self, request: Ask | SlowAsk, sender: Address) -> Answer:
        """Serve two types."""
        return Answer(request.number + len(sender.name))

    @streams
    async def counts(self, request: Count, out: Outbox[Note]) -> None:
        """Stream."""

    def helper(self, whatever: int) -> int:
        """No handler at all."""
        return whatever


class Derived(Base):
    """Overrides a handler without marking it again."""

    async def waits(self, request: Ask | SlowAsk, sender: Address) -> Answer:
        """Serve otherwise."""
        return Answer(-1)


def test_handlers_are_found_by_the_type_of_their_first_argument() -> None:
    """A union stands for each of its members; methods without a mark are none."""
    assert handlers_of(Base) == {
        Note: Handler("plain", HandlerKind.HANDLES, is_async=False, wants_sender=False),
        Ask: Handler("waits", HandlerKind.SERVES, is_async=True, wants_sender=True),
        SlowAsk: Handler("waits", HandlerKind.SERVES, is_async=True, wants_sender=True),
        Count: Handler("counts", HandlerKind.STREAMS, is_async=True, wants_sender=True),
    }


def test_a_class_is_looked_through_once() -> None:
    """Thousands of actors of one class share what was found."""
    assert handlers_of(Base) is handlers_of(Base)


def test_an_overriding_method_inherits_the_mark() -> None:
    """Else an override would silently take the handler away."""
    world = small_world()
    serve(world, Derived)

    assert handlers_of(Derived) == handlers_of(Base)
    assert ask(world, Ask(1)) == Answer(-1)


class PlainToo(Base):
    """Takes the sender in a plain handler, too."""

    def waits(self, request: Ask | SlowAsk, sender: Address) -> Answer:  # type: ignore[override]
        """Serve at once."""
        return Answer(request.number + len(sender.name))


@pytest.mark.parametrize("kind", [Base, PlainToo])
def test_the_sender_is_handed_to_a_handler_that_takes_it(kind: type[Base]) -> None:
    """Here the asker is the host's own ``system``, six letters long."""
    world = small_world()
    serve(world, kind)

    assert ask(world, Ask(1)) == Answer(7)


class NoMessage:
    """Not registered with the wire."""


def anything(self: Any, note: Any) -> None:
    """Take anything."""


def several(self: Any, notes: list[Note]) -> None:
    """Take what is no class."""


def too_many(self: Any, note: Note, sender: Address, more: int) -> None:
    """Take too much."""


def too_few(self: Any) -> None:
    """Take nothing."""


def no_message(self: Any, note: NoMessage) -> None:
    """Take what nobody can send."""


def maybe(self: Any, note: Note | None) -> None:
    """Take what nobody can send, perhaps."""


def unknown(self: Any, note: "NotDefinedAnywhere") -> None:  # type: ignore[name-defined]  # noqa: F821 - the point
    """Take what there is not."""


def yields(self: Any, note: Note) -> Any:
    """Be a generator."""
    yield note


async def yields_async(self: Any, note: Note) -> AsyncIterator[Note]:
    """Be an asynchronous generator."""
    yield note


def plain_stream(self: Any, request: Count, out: Outbox[Note]) -> None:
    """Stream without waiting."""


async def no_outbox(self: Any, request: Count) -> None:
    """Stream to nowhere."""


async def waits_later(self: Any, request: Ask, asker: Asker[Answer]) -> None:
    """Serve later, and wait."""


def no_asker(self: Any, request: Ask) -> None:
    """Serve later whoever it was."""


def takes_note_later(self: Any, note: Note, asker: Asker[Answer]) -> None:
    """Serve later what is no request."""


def takes_note(self: Any, note: Note) -> Answer:
    """Serve what is no request."""
    return Answer(0)


@pytest.mark.parametrize(
    ("mark", "function", "says"),
    [
        (handles, anything, "no message"),
        (handles, several, "name the message class"),
        (handles, too_many, "takes 3 arguments"),
        (handles, too_few, "takes 0 arguments"),
        (handles, no_message, "no message"),
        (handles, maybe, "no message"),
        (handles, unknown, "cannot be read"),
        (handles, yields, "yields"),
        (handles, yields_async, "yields"),
        (streams, plain_stream, "must be async"),
        (streams, no_outbox, "must be async"),
        (serves, takes_note, "no Request"),
        (serves_later, waits_later, "must be plain"),
        (serves_later, no_asker, "must be plain"),
        (serves_later, takes_note_later, "no Request"),
    ],
)
def test_a_wrong_declaration_is_refused(
    mark: Callable[[Any], Any], function: Callable[..., Any], says: str
) -> None:
    """The error names the method and what is wrong with it."""
    wrong = type("Wrong", (Actor,), {"method": mark(function)})

    with pytest.raises(HandlerError, match=says) as caught:
        handlers_of(wrong)

    assert "Wrong.method" in str(caught.value)


def test_two_handlers_for_one_message_are_refused() -> None:
    """Which one would be called would be a matter of luck."""

    class Twice(Base):
        @handles
        def again(self, note: Note) -> None:
            """Take it too."""

    with pytest.raises(HandlerError, match=r"plain and again both take Note"):
        handlers_of(Twice)


def test_a_wrong_declaration_ends_the_run() -> None:
    """No restart mends it, so no supervisor tries."""

    class Wrong(Actor):
        @handles
        def takes(self, note: int) -> None:
            """Take a number."""

    world = small_world()

    with pytest.raises(HandlerError, match="no message"):
        serve(world, Wrong)
