"""Trying every answer to every question that chance could be asked.

The idea, and its beautiful brevity, are those of TigerBeetle's ``exhaustigen``: a program
that draws is run again and again, the last draw counting up like the last wheel of an
odometer, until every sequence of answers was given.
"""

from collections.abc import Iterator


class EveryChoice:
    """A source of chance that gives, run after run, every sequence of answers.

    Example:
        >>> choice = EveryChoice()
        >>> [(choice.below(2), choice.below(2)) for _ in choice]
        [(0, 0), (0, 1), (1, 0), (1, 1)]
    """

    def __init__(self) -> None:
        self._answers: list[int] = []
        self._bounds: list[int] = []
        self._asked = 0

    def __iter__(self) -> Iterator[int]:
        """Yield the number of each run, until there is nothing left to try."""
        run = 0
        while True:
            self._asked = 0
            yield run
            run += 1
            # Questions that were not asked this time belong to a branch that is over.
            del self._answers[self._asked :]
            del self._bounds[self._asked :]
            while self._answers and self._answers[-1] + 1 == self._bounds[-1]:
                del self._answers[-1]
                del self._bounds[-1]
            if not self._answers:
                return
            self._answers[-1] += 1

    def below(self, bound: int) -> int:
        """Answer with an integer in ``[0, bound)``."""
        if self._asked == len(self._answers):
            self._answers.append(0)
            self._bounds.append(bound)
        assert self._bounds[self._asked] == bound, "the same answers led to another question"
        self._asked += 1
        return self._answers[self._asked - 1]

    @property
    def answers(self) -> tuple[int, ...]:
        """What was answered in this run: enough to repeat it."""
        return tuple(self._answers[: self._asked])
