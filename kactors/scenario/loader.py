"""Reads scenarios from files, and says which line is at fault if there is none.

A file is a Python module with a docstring and ``SCENARIO = Scenario(...)``; a replay file also has
``SEED``. It may define own predicates, steps and manifests.
"""

import ast
import re
import sys
import traceback
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from pathlib import Path
from types import ModuleType

import attrs

from kactors.errors import KactorsError
from kactors.scenario.errors import BrokenFile
from kactors.scenario.scenario import Scenario

__all__ = ["LoadedScenario", "find_files", "load", "located"]


_UNEXPECTED = re.compile(r"(\w+)\.__init__\(\) got an unexpected keyword argument '(\w+)'")


@attrs.frozen
class LoadedScenario:
    """A scenario and where it came from.

    Attributes:
        path: of the file.
        source: its text.
        scenario: what it holds.
        seed: of a replay file; None in others.
        build: of a replay file: which kactors it is from; empty in others.
    """

    path: Path
    source: str
    scenario: Scenario
    seed: int | None
    build: str

    @property
    def summary(self) -> str:
        """The first line of the docstring."""
        return (ast.get_docstring(ast.parse(self.source)) or "").partition("\n")[0]


def find_files(paths: Iterable[Path]) -> list[Path]:
    """Return the scenario files at paths: files as they are, folders' files sorted.

    Raises:
        BrokenFile: nothing is there, or a folder has none.
    """
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            inside = sorted(each for each in path.glob("*.py") if not each.name.startswith("_"))
            if not inside:
                raise BrokenFile(path, 0, "this folder has no scenarios: give one with .py files")
            found += inside
        elif path.is_file():
            found.append(path)
        else:
            raise BrokenFile(path, 0, "there is no such file: `kactors list` shows what there is")
    return found


def load(path: Path) -> LoadedScenario:
    """Read a file.

    Raises:
        BrokenFile: it cannot be read, or holds no scenario; with the line, and what to do.
    """
    try:
        source = path.read_text(encoding="utf-8")
        code = compile(source, str(path), "exec")
    except OSError as problem:
        raise BrokenFile(path, 0, f"{problem.strerror}: give a scenario file") from problem
    except SyntaxError as problem:
        hint = f": {problem.text.strip()!r}" if problem.text else ""
        raise BrokenFile(path, problem.lineno or 0, f"{problem.msg}{hint}") from problem
    except ValueError as problem:  # no UTF-8, or null bytes
        raise BrokenFile(path, 0, f"{problem}: give a text in UTF-8") from problem
    module = ModuleType(f"kactors_scenario_{path.stem}")
    module.__file__ = str(path)
    sys.modules[module.__name__] = module  # classes that are defined there are looked up by module
    with located(path, source):
        exec(code, vars(module))  # noqa: S102 - scenario files are programs, and their users' own
    found = getattr(module, "SCENARIO", None)
    if not isinstance(found, Scenario):
        have = "SCENARIO is no Scenario" if found is not None else "there is no SCENARIO"
        raise BrokenFile(path, 0, f"{have}: end the file with SCENARIO = Scenario(...)")
    seed = getattr(module, "SEED", None)
    if seed is not None and not isinstance(seed, int):
        raise BrokenFile(path, _line_of(source, "SEED"), f"SEED is {seed!r}: give a number")
    return LoadedScenario(path, source, found, seed, str(getattr(module, "BUILD", "")))


@contextmanager
def located(path: Path, source: str) -> Iterator[None]:
    """Name the file and the line in what goes wrong because of a scenario.

    Raises:
        BrokenFile: in place of whatever was raised.
    """
    try:
        yield
    except BrokenFile:
        raise
    except Exception as problem:
        line = _line_in(problem, path)
        literal = getattr(problem, "literal", "")
        if literal:
            line = _line_of(source, literal, after=line) or line
        raise BrokenFile(path, line, _remedy(problem)) from problem


def _line_in(problem: BaseException, path: Path) -> int:
    """Return the last line of the file that an exception, or its cause, has gone through."""
    each: BaseException | None = problem
    while each is not None:
        lines = [
            frame.lineno or 0
            for frame in traceback.extract_tb(each.__traceback__)
            if frame.filename == str(path)
        ]
        if lines:
            return lines[-1]
        each = each.__cause__
    return 0


def _line_of(source: str, literal: str, *, after: int = 0) -> int:
    """Return the line of a text, a name or a keyword in a source, from a line on; 0 if none."""
    lines = [
        line
        for node in ast.walk(ast.parse(source))
        for line, text in [(getattr(node, "lineno", 0), _text_of(node))]
        if text == literal and line >= after
    ]
    return min(lines, default=0)


def _text_of(node: ast.AST) -> str | None:
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    if isinstance(node, ast.keyword):
        return node.arg
    return node.id if isinstance(node, ast.Name) else None


def _remedy(problem: Exception) -> str:
    """Return what is wrong and what to do, in the words of a scenario's author."""
    unexpected = _UNEXPECTED.search(str(problem))
    if isinstance(problem, TypeError) and unexpected is not None:
        kind, name = unexpected.groups()
        return f"{kind} has no field {name!r}: {_nearest(name, _fields_of(kind))}"
    if isinstance(problem, KactorsError):
        return str(problem)
    if isinstance(problem, ImportError):
        return f"{problem}: import what kactors.scenario has, or install it"
    return f"{type(problem).__name__}: {problem}: correct this line"


def _fields_of(kind: str) -> list[str]:
    from kactors import scenario

    cls = getattr(scenario, kind, None)
    if not isinstance(cls, type) or not attrs.has(cls):
        return []
    return [field.name for field in attrs.fields(cls)]


def _nearest(name: str, known: list[str]) -> str:
    near = get_close_matches(name, known, n=1, cutoff=0.5)
    if near:
        return f"did you mean {near[0]!r}?"
    return f"it has {', '.join(known)}" if known else "take it away"
