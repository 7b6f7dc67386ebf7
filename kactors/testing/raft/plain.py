"""Values that print as the shortest Python that makes them."""

from typing import Any

import attrs

__all__ = ["short_repr"]


def short_repr(value: Any) -> str:
    """Return the constructor call of an attrs value, without the fields at their defaults."""
    parts = []
    for field in attrs.fields(type(value)):
        found = getattr(value, field.name)
        default = field.default
        if isinstance(default, attrs.Factory):  # type: ignore[arg-type]  # stubs: a function
            default = default.factory()
        if found != default:
            parts.append(f"{field.name}={found!r}")
    return f"{type(value).__name__}({', '.join(parts)})"
