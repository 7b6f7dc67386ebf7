"""Distributions: read as written, drawn within what they say."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kactors.node.errors import MalformedBehaviour
from kactors.node.runtime.distribution import parse_distribution
from kactors.runtime.random import stream

numbers = st.integers(0, 1000)
texts = st.one_of(
    numbers.map(str),
    st.just("never"),
    st.tuples(numbers, numbers).map(lambda two: f"uniform({min(two)},{max(two)})"),
    numbers.map(lambda mean: f"exponential({mean})"),
    st.tuples(numbers, numbers).map(lambda two: f"normal({two[0]},{two[1]})"),
    st.lists(st.tuples(numbers, st.integers(1, 9)), min_size=1, max_size=4).map(
        lambda pairs: f"choice({','.join(f'{value}:{weight}' for value, weight in pairs)})"
    ),
)


@given(texts, st.integers(0, 2**32))
def test_a_distribution_prints_as_it_was_written_and_draws_no_negative(
    text: str, seed: int
) -> None:
    """Text and distribution are the same thing, and time does not run backwards."""
    found = parse_distribution(text)
    assert str(found) == text
    assert found.draw(stream(seed, "draw")) >= 0


@given(st.integers(0, 2**32))
def test_a_choice_draws_only_what_it_lists(seed: int) -> None:
    """A value of weight 0 never comes."""
    assert parse_distribution("choice(3:0,4:1,5:2)").draw(stream(seed, "choice")) in {4, 5}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-1",
        "nan",
        "inf",
        "uniform(5,1)",
        "uniform(1)",
        "choice(1:0)",
        "poisson(3)",
        "normal(1)",
    ],
)
def test_what_is_no_distribution_is_refused_with_what_could_be_written(text: str) -> None:
    """The error lists the forms."""
    with pytest.raises(MalformedBehaviour, match="exponential"):
        parse_distribution(text)
