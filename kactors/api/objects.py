"""Objects: JSON-shaped dicts, and how to read, copy and change them.

An object is frozen by convention, because many may hold the same one: whoever changes an object
changes a copy. `deep_copy` makes one to do with as one likes; `replaced` and `without` make one
that shares all that did not change.
"""

from typing import Any, TypeAlias

__all__ = ["Object", "deep_copy", "field", "put", "replaced", "without"]

Object: TypeAlias = dict[str, Any]
"""A Kubernetes object, or a part of one: what JSON calls an object."""


def field(obj: Object, *path: str, default: Any = None) -> Any:
    """Return what stands at ``path``, or ``default`` where any part of the path is missing.

    ``null`` counts as missing, as it does for upstream's decoders.
    """
    value: Any = obj
    for name in path:
        if not isinstance(value, dict):
            return default
        value = value.get(name)
    return default if value is None else value


def deep_copy(value: Any) -> Any:
    """Return a copy of a JSON-shaped value that shares nothing mutable with it."""
    if isinstance(value, dict):
        return {key: deep_copy(item) if item.__class__ in _CONTAINERS else item
                for key, item in value.items()}  # fmt: skip
    if isinstance(value, list):
        return [deep_copy(item) if item.__class__ in _CONTAINERS else item for item in value]
    return value


_CONTAINERS = (dict, list)


def put(obj: Object, value: Any, *path: str) -> None:
    """Set what stands at ``path`` in ``obj`` itself, making the dicts on the way."""
    *parents, last = path
    for name in parents:
        inner = obj.get(name)
        if not isinstance(inner, dict):
            inner = obj[name] = {}
        obj = inner
    obj[last] = value


def replaced(obj: Object, value: Any, *path: str) -> Object:
    """Return ``obj`` with ``value`` at ``path``; what is beside the path is shared, not copied."""
    first, *rest = path
    if rest:
        inner = obj.get(first)
        value = replaced(inner if isinstance(inner, dict) else {}, value, *rest)
    return {**obj, first: value}


def without(obj: Object, *path: str) -> Object:
    """Return ``obj`` with nothing at ``path``; it is ``obj`` itself if there was nothing."""
    first, *rest = path
    if first not in obj:
        return obj
    if not rest:
        return {key: item for key, item in obj.items() if key != first}
    inner = obj[first]
    if not isinstance(inner, dict):
        return obj
    kept = without(inner, *rest)
    return obj if kept is inner else {**obj, first: kept}
