"""Quantities: ``100m``, ``1.5Gi``, ``2e3``, exact.

A quantity is a whole number of nano-units; what is finer is rounded away from zero, and what is
larger than 2^63 - 1 units is cut to that, as upstream does. Text is parsed once: the schedulers
and kubelets read the same few spellings over and over.

Source: kubernetes apimachinery pkg/api/resource/quantity.go, suffix.go.
"""

import re
from enum import Enum
from functools import lru_cache

import attrs

from kactors.api.errors import MalformedQuantity

__all__ = ["Format", "Quantity", "canonical", "format_quantity", "milli_value", "parse_quantity",
           "value"]  # fmt: skip

_NANO = 10**9
_POWERS: tuple[int, ...] = tuple(10**power for power in range(41))
_LIMIT = (2**63 - 1) * _NANO

_BINARY = {"Ki": 1, "Mi": 2, "Gi": 3, "Ti": 4, "Pi": 5, "Ei": 6}
_DECIMAL = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_BINARY_SUFFIX = {power: suffix for suffix, power in _BINARY.items()} | {0: ""}
_DECIMAL_SUFFIX = {power: suffix for suffix, power in _DECIMAL.items()}

_TEXT = re.compile(
    r"([+-]?)([0-9]*)(?:\.([0-9]*))?(?:([eE])([+-]?[0-9]+)|([KMGTPE]i|[numkMGTPE]?))"
)


class Format(Enum):
    """How a quantity was written, and is written again."""

    DECIMAL = "DecimalSI"
    BINARY = "BinarySI"
    EXPONENT = "DecimalExponent"


@attrs.frozen
class Quantity:
    """An exact amount.

    Attributes:
        nanos: the amount, in 10^-9 units.
        format: how it is written; it does not tell equal amounts apart.
    """

    nanos: int
    format: Format = attrs.field(default=Format.DECIMAL, eq=False)

    def __add__(self, other: "Quantity") -> "Quantity":
        """Return the sum, written as the first that is not zero."""
        form = self.format if self.nanos else other.format
        return Quantity(_limited(self.nanos + other.nanos), form)

    def __sub__(self, other: "Quantity") -> "Quantity":
        """Return the difference, written as the first that is not zero."""
        form = self.format if self.nanos else other.format
        return Quantity(_limited(self.nanos - other.nanos), form)

    def __lt__(self, other: "Quantity") -> bool:
        return self.nanos < other.nanos

    def __le__(self, other: "Quantity") -> bool:
        return self.nanos <= other.nanos

    def value(self) -> int:
        """Return the amount in units, rounded away from zero."""
        return _up(self.nanos, _NANO)

    def milli_value(self) -> int:
        """Return the amount in thousandths of a unit, rounded away from zero."""
        return _up(self.nanos, 10**6)

    def __str__(self) -> str:
        return format_quantity(self)


def _up(number: int, divisor: int) -> int:
    """Divide and round away from zero."""
    return -(-number // divisor) if number >= 0 else number // divisor


def _limited(nanos: int) -> int:
    return max(-_LIMIT, min(_LIMIT, nanos))


@lru_cache(maxsize=65536)
def parse_quantity(text: str | int | float) -> Quantity:
    """Return the quantity that ``text`` says; numbers are read as JSON shows them.

    Raises:
        MalformedQuantity: it says none.
    """
    match = _TEXT.fullmatch(str(text)) if not isinstance(text, bool) else None
    if match is None:
        raise MalformedQuantity(text)
    sign, whole, fraction, exponential, exponent, suffix = match.groups()
    fraction = fraction or ""
    if not whole and not fraction:
        raise MalformedQuantity(text)
    digits = int(whole + fraction)
    if exponential:
        form, base, power = Format.EXPONENT, 1, int(exponent)
    elif suffix in _BINARY:
        form, base, power = Format.BINARY, 1024 ** _BINARY[suffix], 0
    else:
        form, base, power = Format.DECIMAL, 1, _DECIMAL[suffix]
    nanos = _scaled(digits * base, 9 + power - len(fraction))
    return Quantity(_limited(-nanos if sign == "-" else nanos), form)


def _scaled(number: int, power: int) -> int:
    """Return ``number`` times ten to the ``power``, rounded up."""
    if number == 0:
        return 0
    if power >= 0:
        # Nothing above the limit need be exact; an exponent of a million would cost seconds.
        return number * _POWERS[min(power, 40)]
    return _up(number, 10 ** abs(power)) if -power < 4000 else 1


def format_quantity(quantity: Quantity, form: Format | None = None) -> str:
    """Return the canonical text: no fraction, the largest suffix that needs none.

    Args:
        quantity: what to write.
        form: how; by default as it was written. Binary form turns decimal where that would lose
            precision, and below 1024.
    """
    return _text(quantity.nanos, form or quantity.format)


@lru_cache(maxsize=65536)
def _text(nanos: int, form: Format) -> str:
    if nanos == 0:
        return "0"
    units, rest = divmod(nanos, _NANO)
    if form is Format.BINARY and not rest and not -1024 < units < 1024:
        power = 0
        while units % 1024 == 0:
            units, power = units // 1024, power + 1
        return f"{units}{_BINARY_SUFFIX[power]}"
    return _decimal(nanos, exponential=form is Format.EXPONENT)


def _decimal(nanos: int, *, exponential: bool) -> str:
    power = -9
    while nanos % 1000 == 0 and (exponential or power < 18):
        nanos, power = nanos // 1000, power + 3
    if exponential:
        return f"{nanos}e{power}" if power else str(nanos)
    return f"{nanos}{_DECIMAL_SUFFIX[power]}"


@lru_cache(maxsize=65536)
def canonical(text: str | int | float) -> str:
    """Return the canonical text of a quantity's text; what is stored is always canonical.

    Raises:
        MalformedQuantity: it says none.
    """
    return format_quantity(parse_quantity(text))


@lru_cache(maxsize=65536)
def value(text: str | int | float) -> int:
    """Return a quantity's amount in units, rounded away from zero.

    Raises:
        MalformedQuantity: ``text`` says none.
    """
    return parse_quantity(text).value()


@lru_cache(maxsize=65536)
def milli_value(text: str | int | float) -> int:
    """Return a quantity's amount in thousandths of a unit, rounded away from zero.

    Raises:
        MalformedQuantity: ``text`` says none.
    """
    return parse_quantity(text).milli_value()
