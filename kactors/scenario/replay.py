"""Replay files: a run as a scenario file that anyone can read, change and run again.

Such a file is the scenario's own file with an end that holds what was drawn: the plan of faults,
the knobs, the seed. So it keeps its docstring, its comments and its own predicates.
"""

import ast
from collections.abc import Iterator
from typing import Any, Final

import attrs

from kactors.scenario.build import build_id
from kactors.scenario.loader import LoadedScenario
from kactors.scenario.scenario import Scenario

__all__ = ["MARK", "replay_source"]

#: What begins the end of a replay file.
MARK: Final = "# -- as it was run "


def replay_source(loaded: LoadedScenario, scenario: Scenario, seed: int, why: str = "") -> str:
    """Return the text of a replay file.

    Args:
        loaded: the file that was run; it may itself be a replay file.
        scenario: what was run, with the plan that was drawn, or a smaller one.
        seed: of the run.
        why: what happened in it.
    """
    original = loaded.source.partition(MARK)[0].rstrip()
    before = loaded.scenario
    changes = {
        field.name: getattr(scenario, field.name)
        for field in attrs.fields(Scenario)
        if getattr(scenario, field.name) != getattr(before, field.name)
        or field.name in {"faults", "topology"}
    }
    shown = {name: _shown(value) for name, value in changes.items()}
    names = sorted({name for text in shown.values() for name in _names_in(text)})
    comment = [f"# {line}".rstrip() for line in why.splitlines()]
    fields = [f"    {name}={text}," for name, text in shown.items()]
    end = [
        MARK + "-" * (79 - len(MARK)),
        *comment,
        "import attrs  # noqa: E402 - this end is appended to a file",
        "",
        "from kactors.scenario import (  # noqa: E402",
        *(f"    {name}," for name in names),
        ")",
        "",
        f"BUILD = {build_id()!r}",
        f"SEED = {seed}",
        "SCENARIO = attrs.evolve(",
        "    SCENARIO,",
        *fields,
        ")",
    ]
    return "\n".join([original, "", "", *end, ""])


def _shown(value: Any) -> str:
    """Return the source of a field's value, a plan with one fault a line."""
    text = value.to_python() if hasattr(value, "to_python") else repr(value)
    return text.replace("\n", "\n    ")


def _names_in(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source, mode="eval")):
        if isinstance(node, ast.Name):
            yield node.id
