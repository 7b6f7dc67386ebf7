"""Label selectors, from their object form and from their text.

Source: kubernetes apimachinery pkg/labels/selector.go, pkg/apis/meta/v1/helpers.go.
"""

from collections.abc import Iterable, Mapping
from functools import lru_cache

import attrs

from kactors.api.errors import MalformedSelector
from kactors.api.field_errors import FieldError, aggregate, invalid, not_supported
from kactors.api.label_parser import parse_requirements
from kactors.api.names import is_label_value, is_qualified_name
from kactors.api.objects import Object

__all__ = ["EVERYTHING", "NOTHING", "LabelSelector", "Requirement"]

_OBJECT_OPERATORS = {"In": "in", "NotIn": "notin", "Exists": "exists", "DoesNotExist": "!"}
_OPERATORS = ("in", "notin", "=", "==", "!=", "gt", "lt", "exists", "!")
_SIGNS = {"=": "=", "==": "==", "!=": "!=", "gt": ">", "lt": "<"}


def _integer(text: str) -> int | None:
    try:
        return int(text) if "_" not in text else None
    except ValueError:
        return None


@attrs.frozen
class Requirement:
    """What a selector asks of one label.

    Attributes:
        key: of the label.
        operator: in, notin, =, ==, !=, gt, lt, exists or ``!``.
        values: sorted, none twice.
    """

    key: str
    operator: str
    values: tuple[str, ...] = ()

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Tell whether the labels are as required; ``notin`` and ``!=`` are met by no label."""
        found = labels.get(self.key)
        match self.operator:
            case "in" | "=" | "==":
                return found is not None and found in self.values
            case "notin" | "!=":
                return found is None or found not in self.values
            case "exists":
                return found is not None
            case "!":
                return found is None
        number, bound = _integer(found or ""), _integer(self.values[0])
        if number is None or bound is None:
            return False
        return number > bound if self.operator == "gt" else number < bound

    def faults(self, path: str = "") -> list[FieldError]:
        """Return what is wrong with the requirement itself.

        Source: ``NewRequirement``.
        """
        errors = [invalid(f"{path}key", self.key, "; ".join(found))
                  for found in (is_qualified_name(self.key),) if found]  # fmt: skip
        where, values = f"{path}values", list(self.values)
        match self.operator:
            case "in" | "notin" if not values:
                detail = "for 'in', 'notin' operators, values set can't be empty"
                errors.append(invalid(where, values, detail))
            case "=" | "==" | "!=" if len(values) != 1:
                detail = "exact-match compatibility requires one single value"
                errors.append(invalid(where, values, detail))
            case "exists" | "!" if values:
                detail = "values set must be empty for exists and does not exist"
                errors.append(invalid(where, values, detail))
            case "gt" | "lt" if len(values) != 1 or _integer(values[0]) is None:
                detail = "for 'Gt', 'Lt' operators, the value must be an integer"
                errors.append(invalid(where, values, detail))
            case other if other not in _OPERATORS:
                errors.append(not_supported(f"{path}operator", other, _OPERATORS))
        for index, value in enumerate(values):
            if found := is_label_value(value):
                errors.append(invalid(f"{where}[{index}][{self.key}]", value, "; ".join(found)))
        return errors

    def __str__(self) -> str:
        if self.operator == "exists":
            return self.key
        if self.operator == "!":
            return f"!{self.key}"
        values = ",".join(self.values)
        if self.operator in _SIGNS:
            return f"{self.key}{_SIGNS[self.operator]}{values}"
        return f"{self.key} {self.operator} ({values})"


@attrs.frozen
class LabelSelector:
    """Requirements that must all be met; hashable, so caches can go by it.

    Attributes:
        requirements: ordered by key.
        nothing: it matches no labels at all, as the absence of a selector does.
    """

    requirements: tuple[Requirement, ...] = ()
    nothing: bool = False

    @classmethod
    def from_object(cls, selector: Object | None) -> "LabelSelector":
        """Return the selector of a ``LabelSelector`` object.

        ``None`` selects nothing, ``{}`` everything.

        Raises:
            MalformedSelector: an operator is unknown, or a value misplaced.
        """
        if selector is None:
            return NOTHING
        labels = selector.get("matchLabels") or {}
        expressions = selector.get("matchExpressions") or ()
        return _of_parts(
            tuple(labels.items()),
            tuple(
                (each.get("key", ""), each.get("operator", ""), tuple(each.get("values") or ()))
                for each in expressions
            ),
        )

    @classmethod
    def from_labels(cls, labels: Mapping[str, str] | None) -> "LabelSelector":
        """Return the selector that a plain map stands for, as in a Service or as a nodeSelector."""
        return _of_parts(tuple((labels or {}).items()), ())

    @classmethod
    def parse(cls, text: str) -> "LabelSelector":
        """Return the selector that ``text`` says, such as ``app in (a,b),tier!=web,!old``.

        Raises:
            MalformedSelector: it says none; the text of the error is upstream's.
        """
        return _parsed(text)

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Tell whether every requirement is met."""
        if self.nothing:
            return False
        for requirement in self.requirements:  # noqa: SIM110 - a generator costs twice as much
            if not requirement.matches(labels):
                return False
        return True

    @property
    def everything(self) -> bool:
        """Whether there is nothing that it does not match."""
        return not self.requirements and not self.nothing

    def required_value(self, key: str) -> str | None:
        """Return the one value that label ``key`` must have; ``None`` if there is not just one."""
        for requirement in self.requirements:
            if requirement.key == key:
                exact = requirement.operator in {"in", "=", "=="} and len(requirement.values) == 1
                return requirement.values[0] if exact else None
        return None

    def __str__(self) -> str:
        return ",".join(str(requirement) for requirement in self.requirements)


EVERYTHING = LabelSelector()
NOTHING = LabelSelector(nothing=True)


def _of(requirements: Iterable[Requirement]) -> LabelSelector:
    ordered = sorted(requirements, key=lambda each: each.key)
    return LabelSelector(tuple(ordered)) if ordered else EVERYTHING


@lru_cache(maxsize=16384)
def _of_parts(
    labels: tuple[tuple[str, str], ...],
    expressions: tuple[tuple[str, str, tuple[str, ...]], ...],
) -> LabelSelector:
    requirements = [Requirement(key, "in", (value,)) for key, value in labels]
    errors = []
    for key, operator, values in expressions:
        if operator not in _OBJECT_OPERATORS:
            raise MalformedSelector(f'"{operator}" is not a valid label selector operator')
        requirement = Requirement(key, _OBJECT_OPERATORS[operator], tuple(sorted({*values})))
        errors += requirement.faults()
        requirements.append(requirement)
    if errors:
        raise MalformedSelector(aggregate(errors), errors)
    return _of(requirements)


@lru_cache(maxsize=4096)
def _parsed(text: str) -> LabelSelector:
    requirements = []
    for key, operator, values in parse_requirements(text):
        requirement = Requirement(key, operator, tuple(sorted({*values})))
        if errors := requirement.faults():
            raise MalformedSelector(f"unable to parse requirement: {aggregate(errors)}", errors)
        requirements.append(requirement)
    return _of(requirements)
