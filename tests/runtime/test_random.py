"""Keyed randomness: every consumer has a stream of its own."""

import doctest
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

import kactors.runtime.random
from kactors.runtime import stream
from kactors.runtime.random import derive_seed

SEEDS = st.integers(-(2**70), 2**70)
KEYS = st.lists(st.one_of(st.text(max_size=5), st.integers(-1000, 1000)), max_size=4).map(tuple)


@given(seed=SEEDS, key=KEYS)
def test_a_stream_begins_anew(seed: int, key: tuple[str | int, ...]) -> None:
    """Asking again gives the same draws from the beginning."""
    first = stream(seed, *key)
    draws = [first.random() for _ in range(3)]

    again = stream(seed, *key)

    assert [again.random() for _ in range(3)] == draws


@given(seed=SEEDS, one=KEYS, other=KEYS)
def test_different_keys_are_different_streams(
    seed: int, one: tuple[str | int, ...], other: tuple[str | int, ...]
) -> None:
    """Keys that differ in a part, a type or their length share nothing."""
    same = [(type(part), part) for part in one] == [(type(part), part) for part in other]

    assert (derive_seed(seed, *one) == derive_seed(seed, *other)) == same


@given(one=SEEDS, other=SEEDS, key=KEYS)
def test_different_seeds_are_different_streams(
    one: int, other: int, key: tuple[str | int, ...]
) -> None:
    """The world's seed is a part of every key."""
    assert (derive_seed(one, *key) == derive_seed(other, *key)) == (one == other)


def test_a_number_is_no_text() -> None:
    """``1`` and ``"1"`` are different keys, and so are one part and two."""
    keys: list[tuple[str | int, ...]] = [(1,), ("1",), ("a", "b"), ("ab",), ("a", "b", ""), ()]
    assert len({derive_seed(0, *key) for key in keys}) == len(keys)


def test_a_seed_means_the_same_in_every_release() -> None:
    """Recorded: a change of these values invalidates everybody's replay tokens."""
    assert derive_seed(1, "link", "a", 7) == 481672175709941120
    assert stream(1, "x").below(1000) == 510


def test_a_seed_means_the_same_in_every_process() -> None:
    """Python's own hashes, which differ from process to process, have no part in it."""
    program = "from kactors.runtime.random import derive_seed; print(derive_seed(3, 'a', 4))"
    printed = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={"PYTHONHASHSEED": hash_seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        for hash_seed in ("0", "1")
    }

    assert printed == {str(derive_seed(3, "a", 4))}


@given(seed=SEEDS, bound=st.integers(1, 10**12))
def test_below_is_below(seed: int, bound: int) -> None:
    """From 0 up to, and without, the bound."""
    chance = stream(seed)
    assert all(0 <= chance.below(bound) < bound for _ in range(5))


@pytest.mark.parametrize("bound", [0, -1])
def test_nothing_is_below_zero(bound: int) -> None:
    """A bound that leaves nothing is a `ValueError`."""
    with pytest.raises(ValueError, match="range"):
        stream(0).below(bound)


def test_chance_is_as_probable_as_it_says() -> None:
    """Never at 0, always at 1, and about so often between."""
    chance = stream(0)
    assert not any(chance.chance(0.0) for _ in range(1000))
    assert all(chance.chance(1.0) for _ in range(1000))
    assert 200 < sum(chance.chance(0.25) for _ in range(1000)) < 300


def test_an_exponential_draw_has_its_mean() -> None:
    """It is never negative, and may be large."""
    chance = stream(0)
    draws = [chance.exponential(3.0) for _ in range(10_000)]
    assert min(draws) >= 0.0
    assert 2.8 < sum(draws) / len(draws) < 3.2
    assert max(draws) > 15.0


@pytest.mark.parametrize("probability", [0.0, 0.5, 1.0])
def test_every_draw_is_one_draw(probability: float) -> None:
    """Whatever the outcome: so one consumer's decisions do not shift another's."""
    one, other = stream(0), stream(0)
    one.chance(probability)
    one.exponential(1.0)
    other.random()
    other.random()
    assert one.random() == other.random()


def test_the_examples_are_true() -> None:
    """Those in the docstrings."""
    assert doctest.testmod(kactors.runtime.random).failed == 0
