"""Validators of policies say which field is wrong, and what would be right."""

import math
from typing import Any

import attrs
import pytest

from kactors.actors import PolicyError
from kactors.actors.checks import above, at_least, share


@attrs.frozen
class Policy:
    """Has one field of each sort."""

    number: float = attrs.field(default=1, validator=at_least(1))
    more: float = attrs.field(default=1, validator=above(0))
    part: float = attrs.field(default=0.5, validator=share)


@pytest.mark.parametrize(
    "good", [{"number": 1}, {"number": 10.5}, {"more": math.inf}, {"part": 0}, {"part": 1.0}]
)
def test_what_makes_sense_is_accepted(good: dict[str, Any]) -> None:
    """Up to the very bounds."""
    policy = Policy(**good)

    assert attrs.asdict(policy).items() >= good.items()


@pytest.mark.parametrize(
    ("wrong", "wanted"),
    [
        ({"number": 0.99}, "a number from 1 on"),
        ({"number": math.inf}, "a number from 1 on"),
        ({"number": math.nan}, "a number from 1 on"),
        ({"number": "1"}, "a number from 1 on"),
        ({"more": 0}, "a number above 0"),
        ({"more": None}, "a number above 0"),
        ({"part": 1.01}, "a number from 0 to 1"),
        ({"part": -0.01}, "a number from 0 to 1"),
        ({"part": "all"}, "a number from 0 to 1"),
    ],
)
def test_what_makes_none_is_refused(wrong: dict[str, Any], wanted: str) -> None:
    """The error is one of the layer's, and a `ValueError`."""
    name, value = next(iter(wrong.items()))

    with pytest.raises(PolicyError) as caught:
        Policy(**wrong)

    assert str(caught.value) == f"Policy.{name} is {value!r}: give {wanted}"
    assert isinstance(caught.value, ValueError)
