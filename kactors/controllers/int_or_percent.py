"""Numbers that may be given as a share of another number, such as ``maxSurge: 25%``.

Source: kubernetes apimachinery pkg/util/intstr/intstr.go, GetScaledValueFromIntOrPercent.
"""

import re

from kactors.controllers.errors import MalformedPercentage

__all__ = ["scaled_value"]

_PERCENTAGE = re.compile(r"\d+%", re.ASCII)


def scaled_value(value: int | str, total: int, *, round_up: bool) -> int:
    """Return ``value`` itself if it is a number, else that share of ``total``.

    Raises:
        MalformedPercentage: it is neither a number nor a percentage.

    Example:
        >>> scaled_value("25%", 10, round_up=True), scaled_value("25%", 10, round_up=False)
        (3, 2)
    """
    if isinstance(value, int):
        return value
    if _PERCENTAGE.fullmatch(str(value)) is None:
        raise MalformedPercentage(value)
    hundredths = int(value[:-1]) * total
    return -(-hundredths // 100) if round_up else hundredths // 100
