"""A bug that is planted in a component, and what became of looking for it with a scenario.

The corpus itself lives beside the tests (``tests/corpus``); nothing of it is visible in production
code. Each bug is one that was found in the wild, as the smallest change of our code that has it,
with a scenario that shows it and the promise that it breaks. It is *caught* if some seed breaks
just that promise, the run can be made small, and the small one, as a file, breaks it again each
time, and holds once the bug is taken away.
"""

import importlib
import pkgutil
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from pathlib import Path
from time import process_time  # noqa: TID251 - CPU time is what is measured

import attrs

from kactors.scenario.errors import NothingPlanted
from kactors.scenario.loader import load
from kactors.scenario.outcome import Outcome
from kactors.scenario.replay import replay_source
from kactors.scenario.run import Options, run
from kactors.scenario.scenario import Scenario
from kactors.scenario.shrink import Minimise, shrink

__all__ = ["REPLAYS", "Catch", "Planted", "catch", "load_planted"]

#: So often a replay file has to fail again.
REPLAYS = 3


@attrs.frozen(kw_only=True)
class Planted:
    """A bug found in the wild, as a change of our code.

    Attributes:
        id: where it was found, such as ``k8s#59848``; with a word after it if one is two bugs.
        mechanism: what it does wrong, in a sentence.
        breaks: the promise that is broken: a violation's signature, or its beginning.
        scenario: the file that shows it.
        apply: a context in which our code has it.
        reference: compare the end with that of the run without faults.
    """

    id: str
    mechanism: str
    breaks: str
    scenario: Path
    apply: Callable[[], AbstractContextManager[None]] = attrs.field(repr=False)
    reference: bool = False

    def is_shown_by(self, outcome: Outcome) -> bool:
        """Tell whether a run breaks the promise that this bug breaks."""
        return outcome.signature.startswith(self.breaks)


@attrs.frozen(kw_only=True)
class Catch:
    """What became of one bug.

    Attributes:
        id, mechanism, breaks, scenario: of the bug.
        seed: the first that shows it; None if none does.
        runs: how many it took to find it.
        signature, text: of what was found; empty if nothing was.
        faults: how many the plan of the run that was found has; and
        shrunk_faults: how many are left of them.
        shrink_runs: how many runs that took.
        replayed: how often the replay file failed in the same way, of `REPLAYS`.
        holds_without: without the bug, the same file holds.
        source: of the replay file.
        cpu_s: for all of it.
    """

    id: str
    mechanism: str
    breaks: str
    scenario: str
    seed: int | None = None
    runs: int
    signature: str = ""
    text: str = ""
    faults: int | None = None
    shrunk_faults: int | None = None
    shrink_runs: int = 0
    replayed: int = 0
    holds_without: bool = False
    source: str = attrs.field(default="", repr=False)
    cpu_s: float

    @property
    def caught(self) -> bool:
        """Whether it was found, and its file shows just it."""
        return self.seed is not None and self.replayed == REPLAYS and self.holds_without


def load_planted(package: str) -> tuple[Planted, ...]:
    """Import the modules of a package, and return what they plant, in order.

    Raises:
        NothingPlanted: there is no such package, or it plants nothing.
    """
    try:
        found = importlib.import_module(package)
    except ModuleNotFoundError as problem:
        raise NothingPlanted(
            f"{package} cannot be imported ({problem}): run from the root of a checkout, where "
            "the tests are, or name another package"
        ) from None
    planted: list[Planted] = []
    names = sorted(each.name for each in pkgutil.iter_modules(getattr(found, "__path__", ())))
    for name in names:
        if not name.startswith("test_"):
            module = importlib.import_module(f"{package}.{name}")
            planted += getattr(module, "PLANTED", ())
    if not planted:
        raise NothingPlanted(f"no module of {package} has PLANTED: there is nothing to look for")
    return tuple(planted)


def catch(planted: Planted, seeds: Iterable[int], minimise: Minimise, folder: Path) -> Catch:
    """Plant a bug; look for it, make what shows it small, and see whether that repeats.

    Args:
        planted: the bug.
        seeds: that are tried in turn.
        minimise: delta debugging.
        folder: where the replay file is written.

    Raises:
        BrokenFile: the scenario cannot be run.
    """
    began = process_time()
    loaded = load(planted.scenario)
    bench = _Bench(planted)
    runs = 0
    found: Outcome | None = None
    for seed in seeds:
        runs += 1
        outcome = bench.with_bug(loaded.scenario, seed)
        if planted.is_shown_by(outcome):
            found = outcome
            break
    missed = Catch(
        id=planted.id,
        mechanism=planted.mechanism,
        breaks=planted.breaks,
        scenario=planted.scenario.stem,
        runs=runs,
        cpu_s=process_time() - began,
    )
    if found is None:
        return missed
    small = shrink(loaded.scenario, found.seed, minimise, attempt=bench.because_of_bug)
    if small is None:  # it fails without the bug, too
        return missed
    text = small.outcome.violations[0].text
    source = replay_source(loaded, small.scenario, found.seed, why=f"{planted.id}: {text}")
    path = folder / f"{planted.scenario.stem}_{_file_name(planted.id)}.py"
    path.write_text(source, encoding="utf-8")
    again = load(path).scenario
    replays = [bench.with_bug(again, found.seed) for _ in range(REPLAYS)]
    return attrs.evolve(
        missed,
        seed=found.seed,
        signature=small.outcome.signature,
        text=text,
        faults=len(found.scenario.plan),
        shrunk_faults=len(small.scenario.plan),
        shrink_runs=small.runs,
        replayed=sum(each.digest == small.outcome.digest for each in replays),
        holds_without=not bench.without_bug(again, found.seed).violations,
        source=source,
        cpu_s=process_time() - began,
    )


@attrs.frozen
class _Bench:
    """Runs scenarios with and without a bug."""

    planted: Planted

    def with_bug(self, scenario: Scenario, seed: int) -> Outcome:
        """Run while the bug is there."""
        with self.planted.apply():
            return self.without_bug(scenario, seed)

    def without_bug(self, scenario: Scenario, seed: int) -> Outcome:
        """Run the code as it is."""
        return run(scenario, seed, Options(reference=self.planted.reference))[0]

    def because_of_bug(self, scenario: Scenario, seed: int) -> Outcome:
        """Run with the bug; what fails without it, too, is no failure of this bug's."""
        outcome = self.with_bug(scenario, seed)
        if outcome.violations and self.without_bug(scenario, seed).violations:
            return attrs.evolve(outcome, violations=())
        return outcome


def _file_name(text: str) -> str:
    return "".join(each if each.isalnum() else "_" for each in text)
