"""What is wrong with one field of an object, in upstream's words.

Paths are text: ``spec.containers[0].image``; keys of maps stand in brackets as they are.

Source: kubernetes apimachinery pkg/util/validation/field/errors.go.
"""

import json
from collections.abc import Iterable, Sequence
from enum import Enum
from typing import Any

import attrs

__all__ = ["FieldError", "FieldErrorType", "aggregate", "duplicate", "forbidden", "invalid",
           "not_found", "not_supported", "required", "too_long", "too_many",
           "type_invalid"]  # fmt: skip


class FieldErrorType(Enum):
    """The reason of a cause in a ``Status``."""

    NOT_FOUND = "FieldValueNotFound"
    REQUIRED = "FieldValueRequired"
    DUPLICATE = "FieldValueDuplicate"
    INVALID = "FieldValueInvalid"
    NOT_SUPPORTED = "FieldValueNotSupported"
    FORBIDDEN = "FieldValueForbidden"
    TOO_LONG = "FieldValueTooLong"
    TOO_MANY = "FieldValueTooMany"
    TYPE_INVALID = "FieldValueTypeInvalid"


_TITLES = {
    FieldErrorType.NOT_FOUND: "Not found",
    FieldErrorType.REQUIRED: "Required value",
    FieldErrorType.DUPLICATE: "Duplicate value",
    FieldErrorType.INVALID: "Invalid value",
    FieldErrorType.NOT_SUPPORTED: "Unsupported value",
    FieldErrorType.FORBIDDEN: "Forbidden",
    FieldErrorType.TOO_LONG: "Too long",
    FieldErrorType.TOO_MANY: "Too many",
    FieldErrorType.TYPE_INVALID: "Invalid value",
}
_WITHOUT_VALUE = (FieldErrorType.REQUIRED, FieldErrorType.FORBIDDEN, FieldErrorType.TOO_LONG)


@attrs.frozen(eq=False)
class FieldError:
    """One fault of one field.

    Attributes:
        type: what kind of fault.
        field: the path.
        value: what was found there.
        detail: what should have been; may be empty.
    """

    type: FieldErrorType
    field: str
    value: Any
    detail: str = ""

    def body(self) -> str:
        """Return the message without the path, as it stands in a cause."""
        text = _TITLES[self.type]
        if self.type not in _WITHOUT_VALUE:
            text += f": {_shown(self.value)}"
        return f"{text}: {self.detail}" if self.detail else text

    def __str__(self) -> str:
        return f"{self.field}: {self.body()}"


def _shown(value: Any) -> str:
    """Return ``value`` as upstream prints it: text quoted, what is composed as JSON."""
    if value is None:
        return '"null"'
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def aggregate(errors: Iterable[FieldError]) -> str:
    """Return the messages as one: the only one as it is, several in brackets, none twice."""
    texts = list(dict.fromkeys(str(error) for error in errors))
    return texts[0] if len(texts) == 1 else f"[{', '.join(texts)}]"


def not_found(path: str, value: Any) -> FieldError:
    """The value names something that is not there."""
    return FieldError(FieldErrorType.NOT_FOUND, path, value)


def required(path: str, detail: str = "") -> FieldError:
    """Nothing is there, and something must be."""
    return FieldError(FieldErrorType.REQUIRED, path, "", detail)


def duplicate(path: str, value: Any) -> FieldError:
    """The value must be the only one of its kind, and is not."""
    return FieldError(FieldErrorType.DUPLICATE, path, value)


def invalid(path: str, value: Any, detail: str) -> FieldError:
    """The value is malformed or out of bounds."""
    return FieldError(FieldErrorType.INVALID, path, value, detail)


def not_supported(path: str, value: Any, valid: Sequence[str]) -> FieldError:
    """The value is none of an enumeration, whose values are ``valid``."""
    named = ", ".join(json.dumps(each) for each in valid)
    return FieldError(FieldErrorType.NOT_SUPPORTED, path, value, f"supported values: {named}")


def forbidden(path: str, detail: str) -> FieldError:
    """The value would be good, but not here and now."""
    return FieldError(FieldErrorType.FORBIDDEN, path, "", detail)


def too_long(path: str, limit_bytes: int) -> FieldError:
    """The value has more than ``limit_bytes``; it is not repeated in the message."""
    return FieldError(
        FieldErrorType.TOO_LONG, path, "", f"may not be more than {limit_bytes} bytes"
    )


def too_many(path: str, count: int, limit: int) -> FieldError:
    """The list has ``count`` items, more than ``limit``."""
    return FieldError(FieldErrorType.TOO_MANY, path, count, f"must have at most {limit} items")


def type_invalid(path: str, value: Any, detail: str) -> FieldError:
    """The value is of another type than the field."""
    return FieldError(FieldErrorType.TYPE_INVALID, path, value, detail)
