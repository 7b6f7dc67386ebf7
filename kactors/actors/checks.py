"""Validators for the numbers of policies."""

import math
from collections.abc import Callable
from typing import Any

from kactors.actors.errors import PolicyError

Validator = Callable[[Any, Any, Any], None]


def at_least(least: float) -> Validator:
    """Accept finite numbers from ``least`` on."""

    def check(instance: object, field: Any, value: Any) -> None:
        if not (isinstance(value, (int, float)) and least <= value < math.inf):
            raise _refuse(instance, field, value, f"a number from {least} on")

    return check


def above(bound: float) -> Validator:
    """Accept numbers above ``bound``."""

    def check(instance: object, field: Any, value: Any) -> None:
        if not (isinstance(value, (int, float)) and value > bound):
            raise _refuse(instance, field, value, f"a number above {bound}")

    return check


def share(instance: object, field: Any, value: Any) -> None:
    """Accept numbers from 0 to 1."""
    if not (isinstance(value, (int, float)) and 0 <= value <= 1):
        raise _refuse(instance, field, value, "a number from 0 to 1")


def _refuse(instance: object, field: Any, value: Any, wanted: str) -> PolicyError:
    return PolicyError(f"{type(instance).__name__}.{field.name} is {value!r}: give {wanted}")
