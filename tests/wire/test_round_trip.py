"""Messages with every kind of field survive the way to bytes and back."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kactors.wire import decode_value, encode_value
from tests.wire.strategies import as_data, instances, plain_values
from tests.wire.zoo import ZOO


@pytest.mark.parametrize("tag", ZOO.registered())
@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
@given(data=st.data())
def test_a_message_comes_back_equal(tag: str, data: st.DataObject) -> None:
    """What is decoded equals what was encoded, to the type of every part."""
    cls = ZOO.registered()[tag]
    message = data.draw(instances(ZOO, cls))
    encoded = ZOO.encode(message)
    decoded: Any = ZOO.decode(encoded, cls)
    assert as_data(decoded) == as_data(message)
    assert ZOO.encode(decoded) == encoded


@given(value=plain_values())
def test_a_plain_value_comes_back_equal(value: Any) -> None:
    """JSON-shaped values need no class."""
    assert as_data(decode_value(encode_value(value))) == as_data(value)


def test_the_zoo_has_a_message_for_every_kind_of_field() -> None:
    """The round trips above cover what they claim to cover."""
    shapes = " ".join(ZOO.schema(cls) for cls in ZOO.registered().values())
    for part in ("None", "Literal", "frozenset", "dict[int", "tuple[()]", "Any", "object", "|"):
        assert part in shapes
