"""Hypothesis strategies for messages, made from what a registry knows of their fields.

A message type is covered the day it is declared.
"""

import math
from functools import cache
from typing import Any

import attrs
from hypothesis import reject
from hypothesis import strategies as st

from kactors.wire import Registry
from kactors.wire.layout import Layout, record_layout
from kactors.wire.shapes import (
    Choice,
    Constant,
    FixedTuple,
    Mapping,
    Message,
    Nothing,
    Plain,
    Record,
    Scalar,
    Sequence,
    Shape,
    Union,
)

#: How many messages may contain each other before only the shortest way to an end is drawn.
_NESTING = 2

_SCALARS: dict[type, st.SearchStrategy[Any]] = {
    bool: st.booleans(),
    int: st.integers(-(2**63), 2**64 - 1),
    float: st.floats(allow_nan=False),
    str: st.text(max_size=8),
    bytes: st.binary(max_size=8),
}


def plain_values() -> st.SearchStrategy[Any]:
    """What JSON could hold, and bytes."""
    return st.recursive(
        st.none() | st.one_of(*_SCALARS.values()),
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
        ),
        max_leaves=6,
    )


def messages(registry: Registry) -> st.SearchStrategy[Any]:
    """Any message of the registry."""
    return st.one_of(*(instances(registry, cls) for cls in registry.registered().values()))


def instances(registry: Registry, cls: type) -> st.SearchStrategy[Any]:
    """Instances of one message class."""
    return _objects(registry, cls, _NESTING)


@st.composite
def _objects(draw: st.DrawFn, registry: Registry, cls: type, nesting: int) -> Any:
    arguments = {name: draw(values) for name, values in _fields(registry, cls, nesting).items()}
    try:
        return cls(**arguments)
    except ValueError:  # a validator's; other values may please it
        reject()


@cache
def _fields(registry: Registry, cls: type, nesting: int) -> dict[str, st.SearchStrategy[Any]]:
    return {
        field.argument: _values(registry, field.shape, nesting)
        for field in _layout(registry, cls).fields
    }


@cache
def _layout(registry: Registry, cls: type) -> Layout:
    classes = registry.registered().values()
    if issubclass(cls, tuple):
        return record_layout(cls, lambda each: each in classes)
    return registry.layout(cls)


def _values(registry: Registry, shape: Shape, nesting: int) -> st.SearchStrategy[Any]:
    match shape:
        case Nothing():
            values: st.SearchStrategy[Any] = st.none()
        case Scalar(scalar):
            values = _SCALARS[scalar]
        case Choice(enum):
            values = st.sampled_from(list(enum))
        case Constant(_, constants):
            values = st.sampled_from(constants)
        case Plain():
            values = plain_values()
        case Record(cls):
            values = _objects(registry, cls, nesting)
        case Message(bases):
            classes = _classes(registry, bases)
            if nesting <= 0:
                least = min(_height(registry, cls) for cls in classes)
                classes = [cls for cls in classes if _height(registry, cls) == least]
            values = st.sampled_from(classes).flatmap(
                lambda cls: _objects(registry, cls, nesting - 1)
            )
        case Union(members):
            if nesting <= 0:
                members = (min(members, key=lambda each: _shape_height(registry, each, ())),)
            values = st.one_of(*(_values(registry, member, nesting) for member in members))
        case Sequence() | FixedTuple() | Mapping():
            values = _containers(registry, shape, nesting)
    return values


def _containers(
    registry: Registry, shape: Sequence | FixedTuple | Mapping, nesting: int
) -> st.SearchStrategy[Any]:
    longest = 3 if nesting > 0 else 0
    match shape:
        case Sequence(container, element):
            elements = st.lists(_values(registry, element, nesting), max_size=longest)
            return elements if container is list else elements.map(container)
        case FixedTuple(parts):
            return st.tuples(*(_values(registry, part, nesting) for part in parts))
        case Mapping(key, value):
            return st.dictionaries(
                _values(registry, key, nesting),
                _values(registry, value, nesting),
                max_size=longest,
            )


def _classes(registry: Registry, bases: tuple[type, ...]) -> list[type]:
    return [cls for cls in registry.registered().values() if issubclass(cls, bases)]


@cache
def _height(registry: Registry, cls: type, above: tuple[type, ...] = ()) -> float:
    """How many messages must be in each other, at least, below one of this class."""
    if cls in above:
        return math.inf
    fields = _layout(registry, cls).fields
    return max((_shape_height(registry, field.shape, (*above, cls)) for field in fields), default=0)


def _shape_height(registry: Registry, shape: Shape, above: tuple[type, ...]) -> float:
    match shape:
        case Message(bases):
            classes = _classes(registry, bases)
            return 1 + min((_height(registry, cls, above) for cls in classes), default=math.inf)
        case Record(cls):
            return _height(registry, cls, above)
        case FixedTuple(parts):
            return max((_shape_height(registry, part, above) for part in parts), default=0)
        case Union(members):
            return min(_shape_height(registry, member, above) for member in members)
        case _:
            return 0


def as_data(value: Any) -> Any:
    """Return ``value`` as data that compare by type and content; exceptions compare by identity."""
    if attrs.has(type(value)):
        fields = attrs.fields(type(value))
        return (type(value), *(as_data(getattr(value, field.name)) for field in fields))
    if isinstance(value, dict):
        return [(as_data(key), as_data(each)) for key, each in value.items()]
    if isinstance(value, list | tuple):
        return (type(value), *map(as_data, value))
    return (type(value), value)
