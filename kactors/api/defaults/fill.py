"""How something is filled in."""

from typing import Any

from kactors.api.objects import Object

__all__ = ["fill", "part"]


def fill(obj: Object, **values: Any) -> None:
    """Set each field that is missing or empty text in ``obj``, which must be the caller's own."""
    for name, value in values.items():
        found = obj.get(name)
        if found is None or found == "":
            obj[name] = value


def part(obj: Object, name: str) -> Object:
    """Return the dict at ``name``, which is made if it is missing."""
    found = obj.get(name)
    if not isinstance(found, dict):
        found = obj[name] = {}
    return found
