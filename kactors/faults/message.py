"""Faults of single messages."""

import attrs

from kactors.faults.checks import Field, check_count, refuse
from kactors.faults.fault import Fault
from kactors.faults.trigger import Messages


def _check_messages(instance: object, field: Field, value: object) -> None:
    if type(value) is not Messages:
        remedy = "say which with Messages(tag, source, target, where)"
        raise refuse(instance, field, value, remedy)


@attrs.frozen(repr=False)
class Drop(Fault):
    """Messages that match are lost just before their delivery, and nothing else is.

    Attributes:
        messages: which.
        count: how many at most.
    """

    messages: Messages = attrs.field(validator=_check_messages)
    count: int | None = attrs.field(
        default=None, kw_only=True, validator=attrs.validators.optional(check_count)
    )


@attrs.frozen(repr=False)
class Hold(Fault):
    """Messages that match wait just before their delivery until the fault ends.

    Tests the reader that sees a part of the truth late.
    """

    messages: Messages = attrs.field(validator=_check_messages)
