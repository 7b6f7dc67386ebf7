"""Whether two values are the same to JSON: in Python, 1 equals 1.0 and True, at any depth."""

from typing import Any

__all__ = ["same"]


def same(one: Any, other: Any) -> bool:
    """Tell whether two values are equal and of one type, and so is everything in them."""
    return bool(type(one) is type(other) and one == other and _same_types(one, other))


def _same_types(one: Any, other: Any) -> bool:
    """Tell whether the parts of equal values are of equal types, too."""
    if isinstance(one, dict):
        return all(_same_types(value, other[key]) for key, value in one.items())
    if isinstance(one, list):
        return all(_same_types(*pair) for pair in zip(one, other, strict=True))
    return type(one) is type(other)
