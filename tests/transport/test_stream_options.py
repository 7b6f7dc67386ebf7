"""Options are checked where they are given."""

import attrs
import pytest

from kactors.transport.stream_options import StreamOptions


@pytest.mark.parametrize("name", [field.name for field in attrs.fields(StreamOptions)])
@pytest.mark.parametrize("value", [0, -1, float("nan")])
def test_every_option_is_above_zero(name: str, value: float) -> None:
    """A time or a bound of nothing, or that is no number, would stop everything silently."""
    with pytest.raises(ValueError, match=name):
        StreamOptions(**{name: value})  # type: ignore[arg-type]  # the point


def test_options_are_values() -> None:
    """Options compare, and cannot be changed under a transport that uses them."""
    options = StreamOptions(ping_seconds=3)

    assert options == StreamOptions(ping_seconds=3)
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        options.ping_seconds = 4  # type: ignore[misc]  # the point
