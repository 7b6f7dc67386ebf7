"""Operations as they are written in a file.

``countParam: $name`` takes the value from the workload's ``params``. A template's file is looked
for beside the configuration and, as older files need it, beside the folder that it is in.

Source: kubernetes test/integration/scheduler_perf/operations.go and ``scheduler_perf.go``.
"""

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Final

from kactors.bench.document import Part
from kactors.bench.operations import (
    Barrier,
    Churn,
    CreateNamespaces,
    CreateNodes,
    CreatePods,
    NodeLabel,
    Operation,
    Sleep,
)
from kactors.bench.template import Template, read_template

__all__ = ["Params", "find_template", "read_operation"]

_DURATION: Final = re.compile(r"(\d+(?:\.\d+)?)(h|ms|m|us|µs|ns|s)")
_SECONDS: Final = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "ns": 1e-9}

_read_template = lru_cache(maxsize=256)(read_template)


class Params:
    """The parameters of a workload, and which of them were used.

    Args:
        values: by name.
    """

    def __init__(self, values: Mapping[str, object]) -> None:
        self._values = values
        self._unused = dict.fromkeys(values)

    @property
    def unused(self) -> tuple[str, ...]:
        """Those that nobody has asked for."""
        return tuple(self._unused)

    def integer(self, op: Part, name: str, default: int | None = None) -> int:
        """Return an integer that is given as it is, or as a parameter's name.

        Raises:
            BrokenConfig: it is no integer, or not given and there is no default.
        """
        given = op.part(f"{name}Param")
        if given is None:
            return op.integer(name) if default is None else op.integer(name, default)
        found = self._value(given)
        if not isinstance(found, int) or isinstance(found, bool) or found < 0:
            raise given.broken(
                f"the parameter {given.value!r} is {found!r}: give an integer from 0"
            )
        return found

    def seconds(self, op: Part, name: str) -> float:
        """Return a Go duration, in seconds, that is given as it is or as a parameter's name."""
        given = op.part(f"{name}Param")
        found = op.text(name) if given is None else self._value(given)
        where = given or op.part(name) or op
        text = str(found)
        if not re.fullmatch(f"(?:{_DURATION.pattern})+", text):
            raise where.broken(f"{name} is {text!r}: write a duration such as 500ms, 10s or 1m30s")
        return sum(float(number) * _SECONDS[unit] for number, unit in _DURATION.findall(text))

    def _value(self, given: Part) -> object:
        text = given.value
        if not isinstance(text, str) or not text.startswith("$"):
            raise given.broken(f"a parameter is written {text!r}: write $ and its name")
        name = text[1:]
        if name not in self._values:
            raise given.broken(
                f"the parameter {name!r} is not among the workload's params "
                f"({', '.join(self._values) or 'none'}): add it there"
            )
        self._unused.pop(name, None)
        return self._values[name]


def read_operation(op: Part, index: int, params: Params, default_pod: Template | None) -> Operation:
    """Return what one step of a workload template does.

    Raises:
        BrokenConfig: it is written in a way that cannot be followed.
    """
    if not isinstance(op.value, dict):
        raise op.broken(f"a step is {op.value!r}: write a mapping with an opcode")
    code = op.text("opcode")
    if code not in _READERS:
        raise op.broken(f"the opcode {code!r} is not known here: use {', '.join(sorted(_READERS))}")
    reader, fields = _READERS[code]
    op.check_fields(code, {"opcode", *fields})
    return reader(op, index, params, default_pod)


def find_template(owner: Part, field: str) -> Template | None:
    """Return the template that a field names; None if it names none."""
    part = owner.part(field)
    if part is None:
        return None
    return _template_at(part)


def _template_at(part: Part) -> Template:
    if not isinstance(part.value, str):
        raise part.broken(f"found {part.value!r}: write the path of a template")
    folder = part.file.parent
    for base in (folder, folder.parent):
        if (base / part.value).is_file():
            return _read_template(base / part.value)
    raise part.broken(
        f"there is no template {part.value!r}: it was looked for in {folder} and {folder.parent}"
    )


def _create_nodes(op: Part, index: int, params: Params, _: Template | None) -> CreateNodes:
    return CreateNodes(
        index=index,
        count=params.integer(op, "count"),
        template=find_template(op, "nodeTemplatePath"),
        label=_node_label(op),
    )


def _node_label(op: Part) -> NodeLabel | None:
    turns, unique = op.part("labelNodePrepareStrategy"), op.part("uniqueNodeLabelStrategy")
    if turns is not None and unique is not None:
        raise unique.broken("nodes are labelled in two ways: keep one of the strategies")
    if unique is not None:
        unique.check_fields("uniqueNodeLabelStrategy", {"labelKey"})
        return NodeLabel(unique.text("labelKey"))
    if turns is None:
        return None
    turns.check_fields("labelNodePrepareStrategy", {"labelKey", "labelValues"})
    values = turns.texts("labelValues")
    if not values:
        raise turns.broken("labelValues are missing: write at least one")
    return NodeLabel(turns.text("labelKey"), values)


def _create_namespaces(
    op: Part, index: int, params: Params, _: Template | None
) -> CreateNamespaces:
    return CreateNamespaces(
        index=index,
        prefix=op.text("prefix"),
        count=params.integer(op, "count"),
        template=find_template(op, "namespaceTemplatePath"),
    )


def _create_pods(op: Part, index: int, params: Params, default: Template | None) -> CreatePods:
    found = CreatePods(
        index=index,
        count=params.integer(op, "count"),
        namespace=op.text("namespace", f"namespace-{index}"),
        template=find_template(op, "podTemplatePath") or default,
        measured=op.truth("collectMetrics"),
        goes_on=op.truth("skipWaitToCompletion"),
    )
    if found.measured and found.goes_on:
        raise op.broken(
            "collectMetrics and skipWaitToCompletion exclude each other: leave one of them out"
        )
    return found


def _barrier(op: Part, index: int, _: Params, __: Template | None) -> Barrier:
    stage = op.text("stageRequirement", "Scheduled")
    if stage not in {"Scheduled", "Attempted"}:
        raise op.broken(f"stageRequirement is {stage!r}: write Scheduled or Attempted")
    return Barrier(index=index, namespaces=op.texts("namespaces"), attempted=stage == "Attempted")


def _churn(op: Part, index: int, _: Params, __: Template | None) -> Churn:
    mode, number = op.text("mode"), op.integer("number", 0)
    if mode not in {"create", "recreate"}:
        raise op.broken(f"mode is {mode!r}: write create or recreate")
    if mode == "recreate" and not number:
        raise op.broken("number is missing: say how many ticks create before as many delete")
    templates = tuple(map(_template_at, op.parts("templatePaths")))
    if not templates:
        raise op.broken("templatePaths are missing: write at least one")
    milliseconds = op.integer("intervalMilliseconds", 500)
    if not milliseconds:
        raise op.broken("intervalMilliseconds is 0: give at least 1")
    return Churn(
        index=index,
        templates=templates,
        namespace=op.text("namespace", f"namespace-{index}"),
        interval_seconds=milliseconds / 1000,
        number=number,
        recreate=mode == "recreate",
    )


def _sleep(op: Part, index: int, params: Params, _: Template | None) -> Sleep:
    return Sleep(index=index, seconds=params.seconds(op, "duration"))


_Reader = Callable[[Part, int, Params, Template | None], Operation]
_READERS: Final[Mapping[str, tuple[_Reader, frozenset[str]]]] = {
    "barrier": (_barrier, frozenset({"namespaces", "stageRequirement"})),
    "churn": (
        _churn,
        frozenset({"mode", "number", "intervalMilliseconds", "namespace", "templatePaths"}),
    ),
    "createNamespaces": (
        _create_namespaces,
        frozenset({"prefix", "count", "countParam", "namespaceTemplatePath"}),
    ),
    "createNodes": (
        _create_nodes,
        frozenset(
            {
                "count",
                "countParam",
                "nodeTemplatePath",
                "labelNodePrepareStrategy",
                "uniqueNodeLabelStrategy",
            }
        ),
    ),
    "createPods": (
        _create_pods,
        frozenset(
            {
                "count",
                "countParam",
                "namespace",
                "podTemplatePath",
                "collectMetrics",
                "skipWaitToCompletion",
            }
        ),
    ),
    "sleep": (_sleep, frozenset({"duration", "durationParam"})),
}
