"""Quantities are exact, and their text is canonical."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kactors.api.errors import MalformedQuantity
from kactors.api.quantity import (
    Format,
    Quantity,
    canonical,
    format_quantity,
    milli_value,
    parse_quantity,
    value,
)

# From the tables of upstream's quantity_test.go: what was written, and what is written again.
CANONICAL = [
    ("0", "0"), ("0n", "0"), ("0Ki", "0"), ("0e3", "0"), ("-0", "0"), ("1n", "1n"), ("1u", "1u"),
    ("1m", "1m"), ("1", "1"), ("1k", "1k"), ("1M", "1M"), ("1G", "1G"), ("1T", "1T"), ("1P", "1P"),
    ("1E", "1E"), ("1Ki", "1Ki"), ("1Mi", "1Mi"), ("1Gi", "1Gi"), ("1Ti", "1Ti"), ("1Pi", "1Pi"),
    ("1Ei", "1Ei"), ("100m", "100m"), ("1000m", "1"), ("0.5", "500m"), (".5", "500m"), ("5.", "5"),
    ("1.5Gi", "1536Mi"), ("1024Ki", "1Mi"), ("1000k", "1M"), ("1100k", "1100k"), ("10.0Ki", "10Ki"),
    ("0.1Ki", "102400m"), ("0.5Ki", "512"), ("100Ki", "100Ki"), ("1e3", "1e3"), ("1E3", "1e3"),
    ("1e-3", "1e-3"), ("12e6", "12e6"), ("1e2", "100"), ("1e1", "10"), ("100e-3", "100e-3"),
    ("1.1E-6", "1100e-9"), ("-1", "-1"), ("-1500m", "-1500m"), ("+2", "2"), ("00012", "12"),
    ("0.0001m", "100n"), ("0.1n", "1n"), ("1.1n", "2n"), ("-1.1n", "-2n"), ("1e-100", "1e-9"),
    ("9223372036854775807", "9223372036854775807"), ("9223372036854775808", "9223372036854775807"),
    ("1e1000000", "9223372036854775807"), ("100Ei", "9223372036854775807"),
    ("-100Ei", "-9223372036854775807"),
]  # fmt: skip
MALFORMED = ["", ".", "-", "e3", "1.1.M", "1+1.0M", "0.1mi", "0.1am", "aoeu", ".5i", "1i", "-3.01i",
             "-3.01e-", "1K", "1e", " 1", "1 ", "1GiB", "Ki", "--1", "1_000", "٣"]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), CANONICAL)
def test_canonical_text(text: str, expected: str) -> None:
    """What upstream's tables say is written again."""
    assert canonical(text) == expected


@pytest.mark.parametrize("text", MALFORMED)
def test_malformed_text(text: str) -> None:
    """What is no quantity is refused, with the text in the message."""
    with pytest.raises(MalformedQuantity, match="was given as a quantity"):
        parse_quantity(text)


def test_numbers_and_truth_values() -> None:
    """A JSON number is read as its text; a truth value is no quantity."""
    assert canonical(2) == "2"
    assert canonical(0.25) == "250m"
    with pytest.raises(MalformedQuantity):
        parse_quantity(True)


def test_values_round_away_from_zero() -> None:
    """A fraction of what is asked for is granted as one more, as upstream does."""
    assert [value("1500m"), value("-1500m"), value("1n"), value("2")] == [2, -2, 1, 2]
    assert [milli_value("1u"), milli_value("-1u"), milli_value("250m")] == [1, -1, 250]
    assert value("1Gi") == 2**30


def test_arithmetic_keeps_the_form() -> None:
    """A sum is written as its first part, or as the second if the first is zero."""
    assert str(parse_quantity("1Gi") + parse_quantity("512Mi")) == "1536Mi"
    assert str(parse_quantity("0") + parse_quantity("1Mi")) == "1Mi"
    assert str(parse_quantity("2") - parse_quantity("500m")) == "1500m"
    assert str(parse_quantity("0") - parse_quantity("1Ki")) == "-1Ki"


def test_order_and_equality_ignore_the_form() -> None:
    """1024 is 1Ki, and 1 is less than both."""
    assert parse_quantity("1024") == parse_quantity("1Ki")
    assert parse_quantity("1") < parse_quantity("1Ki")
    assert parse_quantity("1Ki") <= parse_quantity("1024")


quantities = st.builds(
    Quantity, st.integers(-(2**63 - 1) * 10**9, (2**63 - 1) * 10**9), st.sampled_from(Format)
)


@given(quantities)
def test_round_trip(quantity: Quantity) -> None:
    """Whatever is written is read as the same amount; in decimal form the text is canonical."""
    text = format_quantity(quantity)
    assert parse_quantity(text) == quantity
    if quantity.format is not Format.BINARY:
        assert canonical(text) == text


@given(quantities)
def test_values_against_fractions(quantity: Quantity) -> None:
    """The rounded value is the nearest whole number that is not nearer to zero."""
    exact = Fraction(quantity.nanos, 10**9)
    assert abs(quantity.value()) >= abs(exact)
    assert abs(quantity.value()) - abs(exact) < 1
    assert abs(quantity.milli_value()) - abs(exact * 1000) < 1
