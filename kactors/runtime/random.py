"""Keyed randomness: each consumer draws from a stream of its own.

A stream is named by the world's seed and a key such as ``("delay", "a", "b")``.
Consumers never share a stream, so one more draw in one place, or one fault less in a
schedule, leaves every other draw of the run as it was. That is what lets schedules
shrink: see `docs/adr/` on keyed randomness.
"""

import hashlib
import math
import random  # noqa: TID251 - the one door through which chance enters

__all__ = ["Random", "derive_seed", "stream"]


class Random(random.Random):
    """One stream of chance; a `random.Random` with the draws that simulations need."""

    def below(self, bound: int) -> int:
        """Draw an integer in ``[0, bound)``.

        Raises:
            ValueError: ``bound`` is not positive.
        """
        return self.randrange(bound)

    def chance(self, probability: float) -> bool:
        """Answer True with the given probability; always draws once."""
        return self.random() < probability

    def exponential(self, mean: float) -> float:
        """Draw from the exponential distribution with the given mean; draws once."""
        return -mean * math.log(1.0 - self.random())


def derive_seed(seed: int, *key: str | int) -> int:
    """Mix ``seed`` and ``key`` into 64 bits, the same in every process and release."""
    text = "\x1f".join((str(seed), *(f"{type(part).__name__}:{part}" for part in key)))
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big")


def stream(seed: int, *key: str | int) -> Random:
    """Return the stream that ``seed`` and ``key`` name, at its beginning.

    Example:
        >>> stream(1, "link", "a").random() == stream(1, "link", "a").random()
        True
        >>> stream(1, "link", "a").random() == stream(1, "link", "b").random()
        False
    """
    return Random(derive_seed(seed, *key))
