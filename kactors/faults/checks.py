"""What the fields of faults accept, and what they say to the rest."""

import math
from collections.abc import Mapping
from typing import Any, TypeAlias

import attrs

from kactors.faults.errors import InvalidFaultError
from kactors.transport.rules import ANY

Field: TypeAlias = "attrs.Attribute[Any]"

HOST: Mapping[str, str] = {"names": "host"}
"""Metadata of a field that holds the name of a host, or ``*`` where that is allowed."""

HOSTS: Mapping[str, str] = {"names": "hosts"}
"""Metadata of a field that holds several names."""

GROUPS: Mapping[str, str] = {"names": "groups"}
"""Metadata of a field that holds groups of names."""

ADDRESS: Mapping[str, str] = {"names": "address"}
"""Metadata of a field that holds an actor's address."""


def refuse(instance: object, field: Field, value: object, remedy: str) -> InvalidFaultError:
    """Return the error for a field with a value that it cannot have."""
    problem = f"{type(instance).__name__}.{field.name} is {value!r}: {remedy}"
    return InvalidFaultError(problem, field=field.name)


def is_text(value: object) -> bool:
    """Tell whether a value is a text with something in it."""
    return isinstance(value, str) and bool(value)


def check_host(instance: object, field: Field, value: object) -> None:
    """Accept the name of one host."""
    if not is_text(value) or value == ANY:
        raise refuse(instance, field, value, "give the name of one host, such as 'etcd-1'")


def check_end_of_link(instance: object, field: Field, value: object) -> None:
    """Accept the name of one host, or ``*`` for all."""
    if not is_text(value):
        raise refuse(instance, field, value, "give the name of a host, or '*' for every host")


def check_hosts(instance: object, field: Field, value: object) -> None:
    """Accept a tuple of at least one name, each of them once."""
    remedy = "give a tuple of names of hosts, each of them once, such as ('a', 'b')"
    if not isinstance(value, tuple) or not value or not all(map(is_text, value)):
        raise refuse(instance, field, value, remedy)
    if len(set(value)) != len(value) or ANY in value:
        raise refuse(instance, field, value, remedy)


def check_groups(instance: object, field: Field, value: object) -> None:
    """Accept at least two groups of names; no name is in two of them."""
    remedy = "give two or more groups without a host in common, such as (('a', 'b'), ('c',))"
    if not isinstance(value, tuple) or len(value) < 2:
        raise refuse(instance, field, value, remedy)
    for group in value:
        check_hosts(instance, field, group)
    names = [name for group in value for name in group]
    if len(set(names)) != len(names):
        raise refuse(instance, field, value, remedy)


def check_address(instance: object, field: Field, value: object) -> None:
    """Accept the address of an actor, ``host/name``."""
    if not is_text(value) or not all(str(value).partition("/")[::2]):
        raise refuse(
            instance, field, value, "give the address of an actor, such as 'etcd-1/member'"
        )


def check_text(instance: object, field: Field, value: object) -> None:
    """Accept a text that is not empty."""
    if not is_text(value):
        raise refuse(instance, field, value, "give a text that is not empty")


def check_flag(instance: object, field: Field, value: object) -> None:
    """Accept True and False."""
    if not isinstance(value, bool):
        raise refuse(instance, field, value, "give True or False")


def check_count(instance: object, field: Field, value: object) -> None:
    """Accept whole numbers from 1."""
    if type(value) is not int or value < 1:
        raise refuse(instance, field, value, "give a whole number, 1 or more")


def check_size(instance: object, field: Field, value: object) -> None:
    """Accept whole numbers from 0."""
    if type(value) is not int or value < 0:
        raise refuse(instance, field, value, "give a whole number of bytes, 0 or more")


def check_seconds(instance: object, field: Field, value: object) -> None:
    """Accept finite numbers from 0."""
    if not is_number(value) or value < 0:  # type: ignore[operator]  # it is a number
        raise refuse(instance, field, value, "give a finite number of seconds, 0 or more")


def check_probability(instance: object, field: Field, value: object) -> None:
    """Accept what lies above 0 and not above 1, and is not less than one in a million."""
    if not is_number(value) or not 1e-6 <= value <= 1:  # type: ignore[operator]  # it is a number
        remedy = "give a probability from 0.000001 to 1, such as 0.05 for one in twenty"
        raise refuse(instance, field, value, remedy)


def is_number(value: object) -> bool:
    """Tell whether a value is a finite number, and not a truth value."""
    return type(value) in {int, float} and math.isfinite(value)  # type: ignore[arg-type]  # it is a number


def as_tuple(value: Any) -> Any:
    """Turn lists, however deep, into tuples: a fault is a value."""
    return tuple(as_tuple(item) for item in value) if isinstance(value, (list, tuple)) else value
