"""Generated functions can be read like others."""

import inspect
import traceback

import msgpack
import pytest

from kactors.wire import Malformed
from kactors.wire.source import Source
from tests.wire.zoo import ZOO


def test_names_are_unique_and_known_to_the_function() -> None:
    """Two values never share a name."""
    source = Source("demo names")
    first, second = source.name("x", 1), source.name("x", 2)
    assert first != second
    function = source.function("add", [f"def add(y): return {first} + {second} + y"])
    assert function(4) == 7


def test_the_text_can_be_shown() -> None:
    """Debuggers and ``inspect`` find it."""
    function = Source("demo text").function("answer", ["def answer():", "    return 42"])
    assert inspect.getsource(function) == "def answer():\n    return 42\n"


def test_a_traceback_shows_the_generated_line() -> None:
    """Whoever debugs a decoder sees what it did."""
    with pytest.raises(Malformed) as caught:
        ZOO.decode(msgpack.packb(["zoo.done", "x"]))
    text = "".join(traceback.format_exception(caught.value))
    assert "<decode tests.wire.zoo.Done>" in text
    assert "type(f_revision) is int" in text
