"""The configuration files of scheduler_perf: test cases, and their workloads.

Source: kubernetes test/integration/scheduler_perf/scheduler_perf.go.
"""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Final

import attrs

from kactors.bench.document import Part, read_document
from kactors.bench.operations import CreatePods, Operation
from kactors.bench.reading import Params, find_template, read_operation

__all__ = ["LabelFilter", "Workload", "read_config"]

_CASE_FIELDS: Final = frozenset(
    {"name", "featureGates", "labels", "defaultPodTemplatePath", "workloadTemplate", "workloads"}
)
_WORKLOAD_FIELDS: Final = frozenset({"name", "labels", "params", "featureGates", "threshold"})


@attrs.frozen(kw_only=True)
class Workload:
    """What is done in one run.

    Attributes:
        case: the name of its test case.
        name: its own; unique in the case.
        labels: by which workloads are chosen; the case's and its own.
        operations: in their order.
        threshold: pods a second that upstream's own runs do not fall below; None if not known.
    """

    case: str
    name: str
    operations: tuple[Operation, ...]
    labels: tuple[str, ...] = ()
    threshold: float | None = None

    @property
    def title(self) -> str:
        """Its full name: ``SchedulingBasic/500Nodes``."""
        return f"{self.case}/{self.name}"

    @property
    def measured(self) -> CreatePods:
        """The operation that creates the pods that are measured."""
        return next(
            each for each in self.operations if isinstance(each, CreatePods) and each.measured
        )

    @property
    def pods(self) -> int:
        """How many pods it creates and measures."""
        return self.measured.count


@attrs.frozen
class LabelFilter:
    """Chooses workloads: ``performance,-short`` has the first label and not the second.

    Source: kubernetes test/integration/scheduler_perf/label_selector.go.
    """

    required: frozenset[str] = frozenset()
    forbidden: frozenset[str] = frozenset()

    @classmethod
    def parse(cls, text: str) -> "LabelFilter":
        """Read a list of labels, separated by commas: ``x`` or ``+x`` to have, ``-x`` not to."""
        words = [word.strip() for word in text.split(",") if word.strip()]
        return cls(
            frozenset(word.removeprefix("+") for word in words if not word.startswith("-")),
            frozenset(word[1:] for word in words if word.startswith("-")),
        )

    def __call__(self, labels: Iterable[str]) -> bool:
        """Tell whether a workload with these labels is chosen."""
        found = frozenset(labels)
        return self.required <= found and not self.forbidden & found


def read_config(
    file: Path, override: Callable[[str], Mapping[str, int] | None] | None = None
) -> list[Workload]:
    """Read all workloads of all test cases.

    Args:
        file: in scheduler_perf's form.
        override: from the name of a case to the parameters of its only workload, in place of those
            in the file; None to leave the case out.

    Raises:
        BrokenConfig: the file, or a template that it names, cannot be used.
    """
    document = read_document(file)
    cases = list(document.items()) if document.value is not None else []
    if not cases:
        raise document.broken("there is no test case: write a list of them")
    found: list[Workload] = []
    names: dict[str, int] = {}
    for case in cases:
        case.check_fields("a test case", _CASE_FIELDS)
        name = case.text("name")
        if name in names:
            raise case.broken(f"the case {name!r} stands in line {names[name]}, too: rename one")
        names[name] = case.line
        if override is None:
            found += _workloads(case, name)
        elif (params := override(name)) is not None:
            found.append(_overridden(case, name, params))
    return found


def _workloads(case: Part, case_name: str) -> Iterable[Workload]:
    _check_gates(case)
    workloads = case.parts("workloads")
    if not workloads:
        raise case.broken(f"the case {case_name!r} has no workloads: write at least one")
    seen: dict[str, int] = {}
    for workload in workloads:
        workload.check_fields("a workload", _WORKLOAD_FIELDS)
        _check_gates(workload)
        name = workload.text("name")
        if name in seen:
            raise workload.broken(
                f"the workload {name!r} stands in line {seen[name]}, too: rename one"
            )
        seen[name] = workload.line
        given = workload.part("params")
        if given is not None and not isinstance(given.value, dict):
            raise given.broken(f"params are {given.value!r}: write a mapping")
        params = Params({} if given is None else given.value)
        operations = _operations(case, params)
        if params.unused:
            raise (given or workload).broken(
                f"the parameters {', '.join(params.unused)} are used nowhere: leave them out"
            )
        yield Workload(
            case=case_name,
            name=name,
            labels=(*case.texts("labels"), *workload.texts("labels")),
            operations=operations,
            threshold=_threshold(workload),
        )


def _overridden(case: Part, name: str, params: Mapping[str, int]) -> Workload:
    """Return the only workload of a case whose parameters come from elsewhere."""
    known = dict(params)
    title = f"{known['initNodes']}Nodes_{known['measurePods']}Pods"
    threshold = next(
        (
            _threshold(each)
            for each in case.parts("workloads")
            if (each.value.get("params") or {}).get("initNodes") == known["initNodes"]
            and each.value.get("threshold")
        ),
        None,
    )
    operations = _operations(case, Params(known))
    return Workload(case=name, name=title, operations=operations, threshold=threshold)


def _operations(case: Part, params: Params) -> tuple[Operation, ...]:
    steps = case.parts("workloadTemplate")
    default_pod = find_template(case, "defaultPodTemplatePath")
    operations = tuple(
        read_operation(step, index, params, default_pod) for index, step in enumerate(steps)
    )
    measured = [each for each in operations if isinstance(each, CreatePods) and each.measured]
    if len(measured) != 1:
        raise case.broken(
            f"{len(measured)} steps of its workloadTemplate have collectMetrics: "
            "exactly one createPods must have it"
        )
    return operations


def _check_gates(owner: Part) -> None:
    """See to it that feature gates are written well; they have no effect here."""
    gates = owner.part("featureGates")
    if gates is None:
        return
    if not isinstance(gates.value, dict):
        raise gates.broken(f"featureGates are {gates.value!r}: write a mapping")
    for name in gates.value:
        gates.truth(name)


def _threshold(workload: Part) -> float | None:
    found = workload.part("threshold")
    if found is None or not found.value:
        return None
    value = found.value
    if isinstance(value, dict):  # by topic, which is the folder of the file
        value = value.get(found.file.parent.name, 0)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise found.broken(f"the threshold is {value!r}: write pods per second, as a number")
    return float(value) or None
