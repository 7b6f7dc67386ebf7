"""A campaign as one HTML page: which runs held, what went wrong, and what was felt and reached."""

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from math import log10
from typing import Final

from kactors.faults import FAULTS
from kactors.faults.injector import Counts
from kactors.runtime.probes import is_rare
from kactors.scenario.campaign import Campaign, Failure, Result
from kactors.scenario.report.markup import WIDTH, heading, key, path, plot, rect, row, tag, text_at
from kactors.scenario.report.style import CAMPAIGN_PAGE, STYLE

__all__ = ["draw_campaign"]

#: Names of scenarios and probes are longer than those of a run's rows.
_STYLE: Final = STYLE + ".name { width: 290px; }\n"

_HEIGHT: Final = 20
#: Cells that are wider than this have a gap between them.
_GAP: Final = 3.0


def draw_campaign(campaign: Campaign, wall_s: float) -> str:
    """Return the page: HTML that needs nothing from elsewhere.

    Args:
        campaign: complete or not.
        wall_s: how long it took.
    """
    rows = [
        heading("Runs, by seed"),
        *_run_rows(campaign),
        heading("Faults"),
        *_fault_rows(campaign.faults),
        heading("Probes"),
        *_probe_rows(campaign.probes),
    ]
    held = f"{campaign.held} of {campaign.runs} runs held"
    return CAMPAIGN_PAGE.substitute(
        title=escape(held),
        style=_STYLE,
        head=_head(campaign, held, wall_s),
        failures=_failures(campaign),
        rows="".join(rows),
        legend=_legend(),
    )


def _head(campaign: Campaign, held: str, wall_s: float) -> str:
    good = campaign.complete and not campaign.failures
    verdict = "✓ held" if good else "✗ violated" if campaign.failures else "○ incomplete"
    felt = sum(bool(counts.felt) for counts in campaign.faults.values())
    facts = [
        f"{len(campaign.by_scenario())} scenarios",
        f"{len({result.seed for result in campaign.results})} seeds",
        f"{felt} of {len(FAULTS)} kinds of faults felt",
        f"probes never hit: {len(campaign.probes_never_hit)}",
        f"{campaign.virtual_s / 3600:.1f} virtual hours in {wall_s / 60:.1f} minutes",
    ]
    if wall_s:
        facts.append(f"{campaign.virtual_s / wall_s:.0f} times as fast as real time")
    parts = [
        tag("h1", tag("span", verdict, class_="verdict") + " " + escape(held)),
        tag("p", " · ".join(facts), class_="facts"),
    ]
    return tag("header", "".join(parts), class_="good" if good else "bad")


def _failures(campaign: Campaign) -> str:
    if not campaign.failures:
        return ""
    return tag("ol", "".join(map(_failure, campaign.failures.values())), class_="violations")


def _failure(failure: Failure) -> str:
    run = failure.run
    many = "1 run" if failure.count == 1 else f"{failure.count} runs"
    shrunk = failure.shrunk_faults
    shrink = "" if shrunk is None else f", {shrunk} {'fault' if shrunk == 1 else 'faults'} left"
    where = f"{run.scenario}, seed {run.seed}, {many}{shrink}"
    again = run.replay if failure.file is None else str(failure.file)
    return tag(
        "li",
        tag("b", escape(run.signature))
        + tag("small", escape(where))
        + tag("p", escape(run.text))
        + tag("p", tag("code", escape(f"kactors replay {again}"))),
    )


# -- runs ----------------------------------------------------------------------------------------


def _run_rows(campaign: Campaign) -> Iterator[str]:
    """Yield a row for each scenario, with a cell for each seed, the same one under the other."""
    seeds = sorted({result.seed for result in campaign.results})
    place = {seed: number for number, seed in enumerate(seeds)}
    if seeds:
        yield row("seed", plot(_HEIGHT, (), _marks(seeds)), look="axis")
    for scenario, results in campaign.by_scenario().items():
        held = sum(not result.signature for result in results)
        virtual_s = sum(result.virtual_s for result in results)
        wall_s = sum(result.wall_s for result in results)
        ratio = f" · {virtual_s / wall_s:.0f}x" if wall_s else ""
        details = tag(
            "small",
            f"{held} of {len(results)}{ratio}",
            title="runs that held, and how much faster than real time one process was",
        )
        yield row(scenario, plot(_HEIGHT, _cells(results, place)), details=details, look="runs")


def _marks(seeds: Sequence[int]) -> Iterator[str]:
    """Yield the numbers of some seeds, spread evenly."""
    every = -(-len(seeds) // 20)
    for number in range(0, len(seeds), every):
        yield text_at(number / len(seeds) * WIDTH + 2, 2, str(seeds[number]), "soft")


def _cells(results: Sequence[Result], place: Mapping[int, int]) -> Iterator[str]:
    """Yield the runs of a scenario: those that held as one path, the others for themselves."""
    wide = WIDTH / len(place)
    shown = wide - 1 if wide > _GAP else wide
    held = [place[result.seed] * wide for result in results if not result.signature]
    if held:
        yield path("".join(f"M{x:.2f} 3h{shown:.2f}v14h{-shown:.2f}z" for x in held), "kept")
    for result in results:
        if result.signature:
            x = place[result.seed] * wide
            title = f"seed {result.seed}: {result.signature}"
            yield rect(x, x + shown, 0, _HEIGHT, "broken", title)


# -- faults and probes ---------------------------------------------------------------------------


def _fault_rows(faults: Mapping[str, Counts]) -> Iterator[str]:
    """Yield a row for each kind there is, also for those that were never drawn."""
    most = max((counts.armed for counts in faults.values()), default=0)
    for kind in sorted({fault.__name__ for fault in FAULTS} | set(faults)):
        counts = faults.get(kind, Counts(0, 0, 0))
        shapes = [
            _bar(count, most, look)
            for count, look in ((counts.armed, "unfelt"), (counts.felt, "felt"))
            if count
        ]
        text = f"{counts.felt:,} felt, {counts.fired:,} fired, {counts.armed:,} armed"
        if not counts.felt:
            text = "✗ never felt" + (f": {text}" if counts.armed else "")
        yield _counted(kind, shapes, text, missing=not counts.felt)


def _probe_rows(probes: Mapping[str, int]) -> Iterator[str]:
    """Yield a row for each probe; those that were never hit come first."""
    most = max(probes.values(), default=0)
    for name in sorted(probes, key=lambda each: (probes[each] > 0, each)):
        hits = probes[name]
        if hits:
            yield _counted(name, [_bar(hits, most, "served")], f"{hits:,}", missing=False)
        elif is_rare(name):
            yield _counted(name, [], "○ never hit, and declared to be rare", missing=False)
        else:
            yield _counted(name, [], "✗ never hit", missing=True)


def _counted(name: str, shapes: Sequence[str], text: str, *, missing: bool) -> str:
    look = "bad chip" if missing else "chip"
    return row(name, plot(_HEIGHT, shapes, [text_at(4, 2, text, look)]), look="count")


def _bar(count: int, most: int, look: str) -> str:
    """Return a bar upon a scale of powers of ten, on which one is to be seen."""
    return rect(0, WIDTH * log10(1 + count) / log10(1 + most), 2, _HEIGHT - 2, look)


def _legend() -> str:
    keys = [
        key("kept", "run held"),
        key("broken", "run violated something"),
        key("felt", "fault, felt by somebody"),
        key("unfelt", "fault was armed"),
        key("served", "hits of a probe"),
    ]
    scale = tag("small", "bars grow with powers of ten")
    return tag("p", "".join(keys) + scale, class_="legend")
