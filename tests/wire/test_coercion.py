"""How errors show a value."""

import pytest

from kactors.wire.coercion import described
from tests.wire.zoo import Put, Size


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "None"),
        (True, "bool True"),
        (7, "int 7"),
        pytest.param(10**5000, "int", id="huge"),
        (1.5, "float 1.5"),
        ("text", "str 'text'"),
        ("x" * 41, f"str '{'x' * 40}'..."),
        (b"\x00", "bytes b'\\x00'"),
        ([1], "list"),
        (Put(b"secret", b""), "Put"),
        (Size.LARGE, "Size <Size.LARGE: 2>"),
    ],
)
def test_the_type_is_named_and_a_short_value_shown(value: object, text: str) -> None:
    """Errors go to logs: they are short, and never fail themselves."""
    assert described(value) == text
