"""Plans as YAML and JSON texts; an error names the line.

Values are read by PyYAML's safe loader or by `json`; only to find the line of an error is
the text parsed once more.
"""

import json
import re
from collections.abc import Callable
from typing import Any

import yaml

from kactors.faults.errors import SchemaError
from kactors.faults.plan import FaultPlan
from kactors.faults.schema import from_plain, to_plain


def to_yaml(plan: FaultPlan) -> str:
    """Return a plan as a YAML document."""
    text: str = yaml.safe_dump(to_plain(plan), sort_keys=False, allow_unicode=False)
    return text


def from_yaml(text: str) -> FaultPlan:
    """Return the plan that a YAML document describes.

    Raises:
        SchemaError: it describes none, with the line, the field and the remedy.
    """
    return _read(text, _load_yaml)


def to_json(plan: FaultPlan) -> str:
    """Return a plan as a JSON document."""
    return json.dumps(to_plain(plan), indent=2)


def from_json(text: str) -> FaultPlan:
    """Return the plan that a JSON document describes.

    Raises:
        SchemaError: it describes none, with the line, the field and the remedy.
    """
    return _read(text, _load_json)


def _read(text: str, load: Callable[[str], Any]) -> FaultPlan:
    try:
        return from_plain(load(text))
    except SchemaError as exc:
        if exc.line is not None:
            raise
        line = _line_of(text, exc.path)
        raise SchemaError(exc.problem, path=exc.path, line=line) from exc.__cause__


def _load_yaml(text: str) -> Any:
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        if node is not None:
            _refuse_repeated_keys(node)
        return yaml.safe_load(text)
    except yaml.YAMLError as exc:
        mark = getattr(exc, "problem_mark", None)
        problem = getattr(exc, "problem", None) or str(exc)
        line = mark.line + 1 if mark is not None else None
        raise SchemaError(f"this is not YAML ({problem}): correct it", line=line) from exc
    except RecursionError as exc:
        raise SchemaError("this nests too deep for a fault plan: flatten it") from exc


def _load_json(text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as exc:
        raise SchemaError(f"this is not JSON ({exc.msg}): correct it", line=exc.lineno) from exc
    except RecursionError as exc:
        raise SchemaError("this nests too deep for a fault plan: flatten it") from exc


def _refuse_repeated_keys(node: yaml.Node) -> None:
    """YAML lets the last of two equal keys win in silence; a plan has room for no such slip."""
    children: list[yaml.Node] = []
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if key.value in seen:
                line = key.start_mark.line + 1
                raise SchemaError(f"{key.value!r} is given twice: keep one of them", line=line)
            seen.add(key.value)
            children.append(value)
    elif isinstance(node, yaml.SequenceNode):
        children = node.value
    for child in children:
        _refuse_repeated_keys(child)


def _line_of(text: str, path: str) -> int | None:
    """Return the line on which the part at ``path`` begins, or that of the nearest part above."""
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)  # JSON is YAML, near enough for lines
    except (yaml.YAMLError, RecursionError):
        return None
    if node is None:
        return None
    line = node.start_mark.line + 1
    for step in re.findall(r"[^.\[\]]+", path):
        found = _child(node, step)
        if found is None:
            break
        node, line = found
    return int(line)


def _child(node: yaml.Node, step: str) -> tuple[yaml.Node, int] | None:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == step:
                return value, key.start_mark.line + 1
    elif isinstance(node, yaml.SequenceNode) and step.isdigit() and int(step) < len(node.value):
        item = node.value[int(step)]
        return item, item.start_mark.line + 1
    return None
