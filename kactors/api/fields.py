"""Field selectors: ``status.phase=Running,spec.nodeName!=node-1``.

Source: kubernetes apimachinery pkg/fields/selector.go.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache

import attrs

from kactors.api.errors import MalformedSelector
from kactors.api.objects import Object

__all__ = ["EVERY_FIELD", "FieldSelector", "FieldTerm", "Getter"]

Getter = Callable[[Object], str]
"""Reads one field of an object as text; what is missing is empty."""


@attrs.frozen
class FieldTerm:
    """One comparison; all are exact.

    Attributes:
        field: the path, such as ``spec.nodeName``.
        value: what it is compared with.
        equal: whether it must be that, or must not.
    """

    field: str
    value: str
    equal: bool = True

    def __str__(self) -> str:
        escaped = self.value.replace("\\", "\\\\").replace(",", "\\,").replace("=", "\\=")
        return f"{self.field}{'=' if self.equal else '!='}{escaped}"


@attrs.frozen
class FieldSelector:
    """Terms that must all hold; hashable."""

    terms: tuple[FieldTerm, ...] = ()

    @classmethod
    def parse(cls, text: str) -> "FieldSelector":
        r"""Return the selector that ``text`` says; ``\``, ``,`` and ``=`` in a value are escaped.

        Raises:
            MalformedSelector: it says none.
        """
        return _parsed(text)

    @classmethod
    def of(cls, field: str, value: str) -> "FieldSelector":
        """Return the selector of one field with one value."""
        return cls((FieldTerm(field, value),))

    @property
    def everything(self) -> bool:
        """Whether it matches every object."""
        return not self.terms

    def fields(self) -> tuple[str, ...]:
        """Return the fields that are compared, in their order."""
        return tuple(term.field for term in self.terms)

    def required_value(self, field: str) -> str | None:
        """Return the value that ``field`` must have; ``None`` if it may have several."""
        for term in self.terms:
            if term.field == field and term.equal:
                return term.value
        return None

    def matches(self, fields: Mapping[str, str]) -> bool:
        """Tell whether the terms hold of these fields; one that is missing is empty."""
        return all((fields.get(term.field, "") == term.value) is term.equal for term in self.terms)

    def matches_object(self, obj: Object, getters: Mapping[str, Getter]) -> bool:
        """Tell whether the terms hold of an object, of which only the fields compared are read."""
        for term in self.terms:  # noqa: SIM110 - a generator costs twice as much
            if (getters[term.field](obj) == term.value) is not term.equal:
                return False
        return True

    def __str__(self) -> str:
        return ",".join(str(term) for term in self.terms)


EVERY_FIELD = FieldSelector()


@lru_cache(maxsize=4096)
def _parsed(text: str) -> FieldSelector:
    return FieldSelector(tuple(_term(part) for part in _split(text) if part))


def _split(text: str) -> list[str]:
    """Split at the commas that no backslash precedes."""
    parts, start, escaped = [], 0, False
    for index, character in enumerate(text):
        if escaped:
            escaped = False
        elif character == "\\":
            escaped = True
        elif character == ",":
            parts.append(text[start:index])
            start = index + 1
    return [*parts, text[start:]]


def _term(part: str) -> FieldTerm:
    for index in range(len(part)):
        for operator in ("!=", "==", "="):
            if part.startswith(operator, index):
                value = _unescaped(part[index + len(operator) :])
                return FieldTerm(part[:index], value, equal=operator != "!=")
    raise MalformedSelector(f"invalid selector: '{part}'; can't understand '{part}'")


def _unescaped(value: str) -> str:
    found: list[str] = []
    characters = iter(value)
    for character in characters:
        if character == "\\":
            following = next(characters, "")
            if following not in {"\\", ",", "="} or not following:
                raise MalformedSelector(
                    f"invalid field selector: invalid escape sequence: \\{following}"
                )
            found.append(following)
        elif character in ",=":
            raise MalformedSelector(
                f"invalid field selector: unescaped character in value: {character}"
            )
        else:
            found.append(character)
    return "".join(found)
