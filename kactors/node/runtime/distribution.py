"""Distributions as text: how annotations on pods say how long something takes.

| text               | draws                                                        |
|--------------------|--------------------------------------------------------------|
| ``5``              | 5                                                            |
| ``never``          | infinity                                                     |
| ``uniform(1,5)``   | each value from 1 to 5 alike                                 |
| ``exponential(3)`` | with mean 3                                                  |
| ``normal(9,2)``    | with mean 9 and deviation 2; what is negative counts as 0    |
| ``choice(0:9,1:1)``| 0 nine times out of ten, else 1                              |
"""

import re
from functools import lru_cache
from math import inf, isfinite

import attrs

from kactors.node.errors import MalformedBehaviour
from kactors.runtime import Random

__all__ = ["Distribution", "parse_distribution"]

_CALL = re.compile(r"\s*([a-z]+)\s*\(([^()]*)\)\s*")


@attrs.frozen
class Distribution:
    """Something to draw numbers from, 0 or above.

    Attributes:
        kind: constant, uniform, exponential, normal or choice.
        values: its parameters; of a choice, the values.
        weights: of a choice.
    """

    kind: str
    values: tuple[float, ...]
    weights: tuple[float, ...] = ()

    def draw(self, random: Random) -> float:
        """Draw one number; a constant draws nothing from ``random``."""
        first = self.values[0]
        match self.kind:
            case "constant":
                return first
            case "uniform":
                return first + (self.values[1] - first) * random.random()
            case "exponential":
                return random.exponential(first)
            case "normal":
                return max(0.0, random.gauss(first, self.values[1]))
            case _:
                return random.choices(self.values, self.weights)[0]

    def __str__(self) -> str:
        texts = [f"{value:g}" for value in self.values]
        if self.kind == "constant":
            return "never" if self.values[0] == inf else texts[0]
        if self.kind == "choice":
            texts = [f"{text}:{weight:g}" for text, weight in zip(texts, self.weights, strict=True)]
        return f"{self.kind}({','.join(texts)})"


@lru_cache(maxsize=4096)
def parse_distribution(text: str) -> Distribution:
    """Return the distribution that ``text`` says; see the module for what it may say.

    Raises:
        MalformedBehaviour: it says none.
    """
    try:
        return _parse(text)
    except ValueError as error:
        raise MalformedBehaviour(
            f"{text!r} is no distribution ({error}): write a number, never, uniform(a,b), "
            "exponential(mean), normal(mean,deviation) or choice(value:weight,...)"
        ) from None


def _parse(text: str) -> Distribution:
    if text.strip() == "never":
        return Distribution("constant", (inf,))
    match = _CALL.fullmatch(text)
    if match is None:
        return Distribution("constant", (_number(text),))
    kind, inside = match.groups()
    parts = inside.split(",")
    if kind == "choice":
        pairs = [part.partition(":") for part in parts]
        weights = tuple(_number(weight) if colon else 1.0 for _, colon, weight in pairs)
        if not sum(weights) > 0:
            raise ValueError("all weights are 0")
        return Distribution(kind, tuple(_number(value) for value, _, _ in pairs), weights)
    values = tuple(_number(part) for part in parts)
    wanted = {"uniform": 2, "exponential": 1, "normal": 2}.get(kind)
    if len(values) != wanted:
        raise ValueError(f"{kind} with {len(values)} parameters is unknown")
    if kind == "uniform" and values[1] < values[0]:
        raise ValueError("the upper bound is below the lower one")
    return Distribution(kind, values)


def _number(text: str) -> float:
    value = float(text)
    if not (isfinite(value) and value >= 0):
        raise ValueError(f"{text.strip()} is not a number from 0 on")
    return value
