"""The cases that are there by name, in any size."""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Final

import attrs

from kactors.bench.config import Workload, read_config
from kactors.bench.errors import BenchError

__all__ = ["CASES", "OWN_CONFIG", "Case", "workload_of"]

OWN_CONFIG: Final = Path(__file__).parent / "data" / "performance-config.yaml"
#: Low-priority pods that a node holds.
_FULL: Final = 4


@attrs.frozen
class Case:
    """A test case of `OWN_CONFIG`, and how many pods there are before the measured ones.

    Attributes:
        name: of the test case.
        before: from the numbers of nodes and of measured pods to that of the pods before.
        pods_max: how many pods a number of nodes can hold besides.
    """

    name: str
    before: Callable[[int, int], int]
    pods_max: Callable[[int], int]


#: A node of the own templates holds forty of their pods.
_ROOM: Final = 40

CASES: Final[Mapping[str, Case]] = {
    "basic": Case("SchedulingBasic", lambda _, pods: pods // 10, lambda nodes: nodes * _ROOM),
    "node-affinity": Case(
        "SchedulingNodeAffinity", lambda _, pods: pods // 2, lambda nodes: nodes * _ROOM // 3 * 2
    ),
    "spread": Case("TopologySpreading", lambda _, pods: pods, lambda nodes: nodes * _ROOM),
    "preemption": Case(
        "PreemptionBasic", lambda nodes, _: nodes * _FULL, lambda nodes: nodes * (_FULL + 1)
    ),
}


def workload_of(name: str, nodes: int, pods: int) -> Workload:
    """Return a case with so many nodes and so many measured pods.

    Raises:
        BenchError: there is no room for them.
    """
    case = CASES[name]
    before = case.before(nodes, pods)
    if before + pods > case.pods_max(nodes):
        raise BenchError(
            f"{pods} pods of the case {name!r} and the {before} before them do not fit on {nodes} "
            f"nodes, which hold {case.pods_max(nodes)}: ask for more nodes or fewer pods"
        )
    params = {"initNodes": nodes, "initPods": before, "measurePods": pods}
    (workload,) = read_config(OWN_CONFIG, partial(_only, case.name, params))
    return workload


def _only(wanted: str, params: Mapping[str, int], name: str) -> Mapping[str, int] | None:
    return params if name == wanted else None
