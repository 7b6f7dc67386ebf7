"""What the decorators make of a class."""

from typing import Annotated, Any, Generic, TypeVar

import attrs
import pytest

from kactors.wire import (
    REGISTRY,
    DeclarationError,
    Registry,
    decode,
    encode,
    evolve,
    message,
    remote_error,
    schema,
    tag_of,
)
from tests.wire.zoo import ZOO, Derived, Gone, NotLeader, Place, Put, Spoken

T = TypeVar("T")


@message("test-declare.note")
class Note:
    """A message of the program's own registry."""

    text: str
    times: int = 1


def test_a_message_is_frozen_has_slots_and_compares_by_value() -> None:
    """Messages can be shared, because nobody can change them."""
    note = Note("x")
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        note.text = "y"  # type: ignore[misc] # the point of the test
    assert not hasattr(note, "__dict__")
    assert note == Note("x", times=1)
    assert hash(note) == hash(Note("x"))


def test_a_changed_copy_is_made_by_evolve() -> None:
    """The original stays as it was."""
    note = Note("x")
    assert evolve(note, times=3) == Note("x", 3)
    assert note == Note("x", 1)


def test_remarks_in_annotations_are_ignored() -> None:
    """``Annotated`` says nothing to the wire."""
    registry = Registry()

    @message("test.annotated", registry=registry)
    class Remarked:
        numbers: Annotated[list[int], "a remark"]

    assert registry.schema(Remarked) == "test.annotated(numbers: list[int])"


def test_the_functions_of_the_package_use_the_programs_registry() -> None:
    """Most programs never mention a registry."""
    assert decode(encode(Note("x", 2))) == Note("x", 2)
    assert tag_of(Note) == "test-declare.note"
    assert REGISTRY.registered()["test-declare.note"] is Note
    assert schema(Note) == "test-declare.note(text: str, times: int = 1)"


def test_the_class_keeps_its_base_its_name_and_its_methods() -> None:
    """Nothing but fields is added."""
    registry = Registry()

    class Marker(Generic[T]):
        __slots__ = ()

    @message("test.counted", registry=registry)
    class Counted(Marker[int]):
        """Docstring."""

        items: tuple[int, ...]

        def count(self) -> int:
            return len(self.items)

    decoded = registry.decode(registry.encode(Counted((1, 2))), Counted)
    assert decoded.count() == 2
    assert isinstance(decoded, Marker)
    assert Counted.__doc__ == "Docstring."


def test_a_class_with_its_own_constructor_is_refused() -> None:
    """The decoder makes a message from its fields alone."""
    with pytest.raises(DeclarationError, match="classmethod"):

        @message("test.own-init", registry=Registry())
        class OwnInit:
            field: int

            def __init__(self) -> None:
                """Do something else."""


def test_only_exceptions_are_remote_errors() -> None:
    """The two decorators are not interchangeable."""
    decorate: Any = remote_error("test.no-error", registry=Registry())
    with pytest.raises(DeclarationError, match="use @message"):
        decorate(type("NoError", (), {}))


def test_a_remote_error_arrives_as_the_same_class_and_can_be_raised() -> None:
    """The asker catches what the answerer raised."""
    sent = NotLeader(1, Place("etcd-1", "member"))
    arrived = ZOO.decode(ZOO.encode(sent), NotLeader)

    with pytest.raises(NotLeader) as caught:
        raise arrived from KeyError("cause")

    assert caught.value.hint == Place("etcd-1", "member")
    assert isinstance(caught.value.__cause__, KeyError)
    caught.value.add_note("a note")
    assert caught.value.__notes__ == ["a note"]


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (NotLeader(1), "Only the leader accepts proposals (member=1, hint=None)"),
        (Gone(), "It was there."),
        (Spoken(1, term=3), "term 3 has another leader than 1"),
    ],
)
def test_a_remote_error_says_what_happened(error: Exception, text: str) -> None:
    """Its text is its docstring's first line and its fields, or its own words."""
    assert str(error) == text
    assert str(ZOO.decode(ZOO.encode(error))) == text


def test_a_remote_error_caught_as_its_base_stays_what_it_is() -> None:
    """Errors may extend each other."""
    with pytest.raises(NotLeader) as caught:
        raise ZOO.decode(ZOO.encode(Spoken(1, term=3)), NotLeader)
    assert type(caught.value) is Spoken


def test_a_message_extends_another_by_fields_at_the_end() -> None:
    """The fields of the base class come first on the wire."""
    assert ZOO.schema(Derived) == "zoo.derived(term: int, index: int = 0)"
    assert ZOO.schema(Put) == "zoo.put(key: bytes, value: bytes, lease: int = 0)"
