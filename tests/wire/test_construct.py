"""Twins: which classes have one, and that nobody can tell that it was there."""

import abc
from typing import Any, Generic, TypeVar

import attrs
import pytest

from kactors.wire import Registry, message
from kactors.wire.construct import only_sets_fields, twin_of
from tests.wire.zoo import ByKeyword, Checked, Derived, Empty, Gone, Put, Tree

T = TypeVar("T")

REGISTRY = Registry()


@message("test.converted", registry=REGISTRY)
class Converted:
    """Its constructor changes what it gets."""

    number: int = attrs.field(converter=int)


@message("test.abstract", registry=REGISTRY)
class Abstract(abc.ABC):
    """Its metaclass is unusual."""

    number: int


class Watching:
    """Counts its subclasses."""

    __slots__ = ()
    seen = 0

    def __init_subclass__(cls) -> None:
        Watching.seen += 1


@message("test.watched", registry=REGISTRY)
class Watched(Watching):
    """Its base would notice a twin."""

    number: int


@message("test.generic", registry=REGISTRY)
class Boxed(Generic[T]):
    """Generic, and ordinary."""

    number: int


@pytest.mark.parametrize("cls", [Put, Derived, Tree, Empty, Boxed, ByKeyword])
def test_an_ordinary_message_has_a_twin_that_becomes_it(cls: Any) -> None:
    """Same bases, same slots, written to, and then the real thing."""
    twin = twin_of(cls)
    assert twin is not None
    blank: Any = twin()
    names = [each.name for each in attrs.fields(cls)]
    for name in names:
        setattr(blank, name, name)
    blank.__class__ = cls
    assert type(blank) is cls
    assert [getattr(blank, name) for name in names] == names
    with pytest.raises((attrs.exceptions.FrozenInstanceError, AttributeError)):
        blank.anything = 1


@pytest.mark.parametrize("cls", [Checked, Converted, Abstract, Watched, Gone])
def test_an_unusual_class_is_made_by_its_constructor(cls: type) -> None:
    """Validators run, converters convert, metaclasses and bases see nothing odd."""
    assert twin_of(cls) is None


def test_a_base_class_that_counts_its_subclasses_never_sees_a_twin() -> None:
    """Attrs makes the class twice to give it slots; decoding does not add to that."""
    before = Watching.seen
    assert REGISTRY.decode(REGISTRY.encode(Watched(1))) == Watched(1)
    assert REGISTRY.decode(REGISTRY.encode(Converted(1))) == Converted(1)
    assert REGISTRY.decode(REGISTRY.encode(Abstract(1))) == Abstract(1)
    assert Watching.seen == before


def test_objects_with_another_layout_have_no_twin() -> None:
    """Python refuses the change of class, and the constructor is used."""

    @attrs.frozen(slots=False)
    class WithDict:
        number: int

    assert twin_of(WithDict) is None


def test_a_constructor_that_does_more_is_recognised() -> None:
    """Validators, converters and hooks all count."""
    assert only_sets_fields(Put)
    assert not only_sets_fields(Checked)
    assert not only_sets_fields(Converted)
