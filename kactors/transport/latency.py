"""How long a message is on its way: distributions as values.

A distribution is frozen data, in seconds. `sampler` binds it to a stream of chance and
gives a function that draws integer nanoseconds, from one number of the stream for each
draw, so that the n-th message of a link always meets the n-th draw.
"""

import math
from collections.abc import Callable
from statistics import NormalDist
from typing import Any, Protocol

import attrs

from kactors.runtime.random import Random
from kactors.transport.errors import TransportError

Sampler = Callable[[], int]
"""Draws one latency in nanoseconds."""

_NS = 1e9


class InvalidRuleError(TransportError, ValueError):
    """A latency or a link rule says something that no link can do."""


def check_seconds(instance: object, field: "attrs.Attribute[float]", value: Any) -> None:
    """Validate a field that holds a duration.

    Raises:
        InvalidRuleError: it is not a finite number from 0 on.
    """
    if type(value) not in {int, float} or not 0 <= value < math.inf:
        raise InvalidRuleError(
            f"{type(instance).__name__}.{field.name} is {value!r}: "
            "give a finite number of seconds, 0 or more"
        )


def check_probability(instance: object, field: "attrs.Attribute[float]", value: Any) -> None:
    """Validate a field that holds a probability.

    Raises:
        InvalidRuleError: it is not a number from 0 to 1.
    """
    if type(value) not in {int, float} or not 0 <= value <= 1:
        raise InvalidRuleError(
            f"{type(instance).__name__}.{field.name} is {value!r}: "
            "give a probability from 0 to 1, such as 0.05 for one in twenty"
        )


class Latency(Protocol):
    """A distribution of latencies."""

    def sampler(self, chance: Random) -> Sampler:
        """Return a function that draws nanoseconds, using up one number for each."""
        ...


@attrs.frozen
class Constant:
    """The same for every message."""

    seconds: float = attrs.field(validator=check_seconds)

    def sampler(self, chance: Random) -> Sampler:
        """Return a function that answers ``seconds``; it needs no chance."""
        del chance
        always = round(self.seconds * _NS)
        return lambda: always


@attrs.frozen
class Uniform:
    """Anything between two bounds, equally likely."""

    low: float = attrs.field(validator=check_seconds)
    high: float = attrs.field(validator=check_seconds)

    def __attrs_post_init__(self) -> None:
        if self.low > self.high:
            raise InvalidRuleError(f"{self!r}: low lies above high, exchange them")

    def sampler(self, chance: Random) -> Sampler:
        """Return a function that draws nanoseconds between the bounds."""
        draw = chance.random
        low = round(self.low * _NS)
        span = round(self.high * _NS) - low
        return lambda: low + int(draw() * span)


@attrs.frozen
class Exponential:
    """A minimum, and on top of it the waiting time of a Poisson process.

    Attributes:
        mean: of the whole, minimum included.
        minimum: the shortest possible.
    """

    mean: float = attrs.field(validator=check_seconds)
    minimum: float = attrs.field(default=0.0, validator=check_seconds)

    def __attrs_post_init__(self) -> None:
        if self.minimum > self.mean:
            raise InvalidRuleError(f"{self!r}: the minimum lies above the mean, lower it")

    def sampler(self, chance: Random) -> Sampler:
        """Return a function that draws nanoseconds, at most 37 times the mean."""
        draw = chance.random
        log = math.log
        minimum = round(self.minimum * _NS)
        scale = (self.minimum - self.mean) * _NS
        return lambda: minimum + int(scale * log(1.0 - draw()))


@attrs.frozen
class Bimodal:
    """Nearly always fast, now and then slow; uniform within both.

    The defaults are FoundationDB's: 99.9 % in 0.1-0.8 ms, the rest up to 100 ms.

    Source: ``halfLatency`` in ``fdbrpc/sim2.actor.cpp``, both halves together.

    Attributes:
        low: the shortest.
        high: the longest of the fast ones.
        tail: the longest of the slow ones.
        slow: the probability of a slow one.
    """

    low: float = attrs.field(default=0.0001, validator=check_seconds)
    high: float = attrs.field(default=0.0008, validator=check_seconds)
    tail: float = attrs.field(default=0.1, validator=check_seconds)
    slow: float = attrs.field(default=0.001, validator=check_probability)

    def __attrs_post_init__(self) -> None:
        if not self.low <= self.high <= self.tail:
            raise InvalidRuleError(f"{self!r}: give low <= high <= tail")

    def sampler(self, chance: Random) -> Sampler:
        """Return a function that draws nanoseconds; one number decides both questions."""
        draw = chance.random
        fast = 1.0 - self.slow
        low = round(self.low * _NS)
        fast_scale = (self.high - self.low) * _NS / fast if fast else 0.0
        slow_scale = (self.tail - self.low) * _NS / self.slow if self.slow else 0.0

        def sample() -> int:
            number = draw()
            if number < fast:
                return low + int(number * fast_scale)
            return low + int((number - fast) * slow_scale)

        return sample


@attrs.frozen
class LogNormal:
    """Latencies whose logarithm is normal: what wide-area paths look like.

    Attributes:
        median: half of the messages are faster.
        sigma: standard deviation of the logarithm; at 0.5, one in forty takes more
            than 2.7 times the median.
        minimum: added to every one: the speed of light.
    """

    median: float = attrs.field(validator=check_seconds)
    sigma: float = attrs.field(default=0.5, validator=check_seconds)
    minimum: float = attrs.field(default=0.0, validator=check_seconds)

    def __attrs_post_init__(self) -> None:
        if self.sigma > 10:
            raise InvalidRuleError(
                f"{self!r}: a sigma above 10 spans more than all of time, lower it"
            )

    def sampler(self, chance: Random) -> Sampler:
        """Return a function that draws nanoseconds by inverting the distribution."""
        draw = chance.random
        exp = math.exp
        quantile = NormalDist(0.0, self.sigma).inv_cdf if self.sigma else _zero
        minimum = round(self.minimum * _NS)
        median = self.median * _NS
        # A draw may be 0, where the quantile is infinite; it is never 1.
        return lambda: minimum + int(median * exp(quantile(draw() or _SMALLEST)))


_SMALLEST = 2.0**-54


def _zero(_: float) -> float:
    return 0.0


LATENCIES = (Constant, Uniform, Exponential, Bimodal, LogNormal)

LAN = Bimodal()
"""A local network with a slow moment now and then."""

LOOPBACK = Constant(0.00002)
"""Between two actors of one host."""
