"""Points in components where a simulation may misbehave on purpose, and proofs that it did.

`buggify` is a place where the code may take a rare but permitted turn: a timeout at once, a
batch of one, an answer lost. `sometimes` is a place that says "a good campaign gets here":
it changes nothing and counts. Both answer False, and cost next to nothing, unless the
running world has switched them on.

A buggify site is active in a quarter of all runs, and an active one fires a quarter of the
times: rare enough that the rest of the system still works, often enough that two sites
meet. Source: FoundationDB, ``BUGGIFY`` in ``flow/flow.h``.
"""

from collections import Counter
from collections.abc import Callable, Generator
from contextlib import contextmanager

from kactors.runtime.random import Random, stream

ACTIVE = 0.25
FIRES = 0.25

_declared: dict[str, None] = {}
_rare: dict[str, None] = {}


class Probes:
    """The probes of one run. Everything follows from (seed, name).

    Args:
        seed: of the world.
        buggify: whether `buggify` may ever answer True.
        active: probability that a site is active in this run.
        fires: probability that an active site fires when the run comes by.

    Attributes:
        hits: how often each probe fired or held; of those that never did, 0.
        on_hit: told the name of each probe that fires or holds.
    """

    def __init__(
        self, seed: int, *, buggify: bool = True, active: float = ACTIVE, fires: float = FIRES
    ) -> None:
        self.hits: Counter[str] = Counter()
        self.on_hit: list[Callable[[str], None]] = []
        self._seed = seed
        self._buggify = buggify
        self._active = active
        self._fires = fires
        self._sites: dict[str, Random | None] = {}

    def buggify(self, name: str) -> bool:
        """Tell whether the site shall misbehave this time."""
        chance = self._sites.get(name)
        if chance is None:
            if not self._buggify or name in self._sites:
                return False
            chance = self._open(name)
            if chance is None:
                return False
        if not chance.chance(self._fires):
            return False
        self._hit(name)
        return True

    def sometimes(self, name: str, condition: bool = True) -> bool:
        """Count if ``condition`` holds, and return it."""
        if condition:
            self._hit(name)
        elif name not in self.hits:
            self.hits[name] = 0
        return condition

    @property
    def never_hit(self) -> tuple[str, ...]:
        """Every probe that was declared, or passed by, and never fired or held; sorted."""
        known = {**_declared, **self.hits}
        return tuple(sorted(name for name in known if not self.hits[name]))

    def _open(self, name: str) -> Random | None:
        """Decide, at the first visit, whether a site is active in this run."""
        self.hits[name] = 0
        chance = stream(self._seed, "buggify", name)
        site = self._sites[name] = chance if chance.chance(self._active) else None
        return site

    def _hit(self, name: str) -> None:
        self.hits[name] += 1
        for listener in self.on_hit:
            listener(name)


class _Current:
    """Holds the probes of the running world, if it has any."""

    __slots__ = ("probes",)

    def __init__(self) -> None:
        self.probes: Probes | None = None

    def use(self, probes: Probes | None) -> Probes | None:
        """Make these the running world's probes; return those before, to be put back."""
        before, self.probes = self.probes, probes
        return before


current = _Current()
_current = current


@contextmanager
def probing(probes: Probes | None) -> Generator[None]:
    """Let ``probes`` be those of the running world for a while."""
    before = current.use(probes)
    try:
        yield
    finally:
        current.use(before)


def buggify(name: str) -> bool:
    """Tell whether to misbehave here, now; never in a world that has not asked for it.

    Example:
        >>> buggify("append one entry at a time")
        False
    """
    probes = _current.probes
    return probes is not None and probes.buggify(name)


def sometimes(name: str, condition: bool = True) -> bool:
    """Note that the run has come by, and whether ``condition`` held; return the condition."""
    probes = _current.probes
    if probes is not None:
        probes.sometimes(name, condition)
    return condition


def declare(*names: str, rare: bool = False) -> None:
    """Say, where a module is loaded, which probes it has: one never reached is then seen.

    Args:
        names: of the probes.
        rare: a campaign need not get there: it takes a coincidence that no fault makes likely.
            Source: FoundationDB, ``CODE_PROBE(condition, comment, probe::decoration::rare)``.
    """
    for name in names:
        _declared[name] = None
        if rare:
            _rare[name] = None


def is_rare(name: str) -> bool:
    """Tell whether a probe was declared as one that need not be hit."""
    return name in _rare
