"""Errors that travel arrive as they were; the others leave their text."""

import pytest

from kactors.actors import errors
from kactors.actors.errors import (
    TEXT_MAX,
    ActorError,
    GaveUpError,
    RequestError,
    leaves,
    text_of,
    travels,
)
from kactors.wire import decode, encode

TRAVELLING = [
    errors.DeadlineExceededError("b/x", "test.ask", 0.5),
    errors.NoSuchActorError("b/x"),
    errors.NotRunningError("b/x", "waiting to be restarted"),
    errors.UnhandledError("b/x", "test.ask"),
    errors.UnreadableError("b/x", "garbage"),
    errors.OverloadedError("b/x", 3),
    errors.ActorFailedError("b/x", "ValueError: no"),
    errors.ActorStoppedError("b/x"),
    errors.StreamBrokenError("b/x", "silence"),
]


@pytest.mark.parametrize("error", TRAVELLING, ids=lambda error: type(error).__name__)
def test_what_a_request_may_end_with_travels(error: RequestError) -> None:
    """It arrives as the same class with the same fields, and says where it comes from."""
    assert travels(error)

    arrived = decode(encode(error))

    assert type(arrived) is type(error)
    assert vars(arrived) == vars(error)
    assert "b/x" in str(error)


def test_every_error_of_the_layer_is_an_actor_error() -> None:
    """So that one ``except`` catches them all."""
    found = [each for each in vars(errors).values() if isinstance(each, type)]
    mine = [each for each in found if each.__module__ == errors.__name__]

    assert len(mine) > 15
    assert all(issubclass(each, ActorError) for each in mine)


def test_an_undeclared_error_does_not_travel() -> None:
    """Not even if its base does."""

    class Special(errors.NoSuchActorError):
        """Not registered."""

    assert not travels(ValueError("no"))
    assert not travels(Special("b/x"))


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (ValueError("on\n  one line"), "ValueError: on one line"),
        (ValueError(), "ValueError"),
        (ValueError("half \ud800 a character"), "ValueError: half ? a character"),
        (ValueError("x" * 5000), ("ValueError: " + "x" * 5000)[:TEXT_MAX]),
    ],
)
def test_the_text_of_an_error_can_always_travel(error: Exception, text: str) -> None:
    """On one line, of bounded length, and without what has no bytes."""
    assert text_of(error) == text
    assert text_of(error).encode()


def test_leaves_of_nested_groups() -> None:
    """Each exception once, in order."""
    one, two, three = ValueError(1), OSError(2), GaveUpError("3")
    group = ExceptionGroup("outer", [one, ExceptionGroup("inner", [two, three])])

    assert list(leaves(group)) == [one, two, three]
    assert list(leaves(one)) == [one]
