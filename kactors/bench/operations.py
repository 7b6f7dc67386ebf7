"""What a workload does, step by step, as data.

Source: kubernetes test/integration/scheduler_perf/operations.go.
"""

import attrs

from kactors.bench.template import Template

__all__ = [
    "Barrier",
    "Churn",
    "CreateNamespaces",
    "CreateNodes",
    "CreatePods",
    "NodeLabel",
    "Operation",
    "Sleep",
]


@attrs.frozen
class NodeLabel:
    """A label that nodes get.

    Attributes:
        key: of the label.
        values: that nodes get in turn; none to give each node a value of its own.
    """

    key: str
    values: tuple[str, ...] = ()


@attrs.frozen(kw_only=True)
class CreateNodes:
    """Create nodes that no kubelet runs.

    Attributes:
        index: of the operation in its workload; part of the nodes' names.
        count: of nodes.
        template: of each; 4 cores, 32 GiB and 110 pods unless given.
        label: that they get.
    """

    index: int
    count: int
    template: Template | None = None
    label: NodeLabel | None = None


@attrs.frozen(kw_only=True)
class CreateNamespaces:
    """Create namespaces called ``prefix-0``, ``prefix-1``, ..."""

    index: int
    prefix: str
    count: int
    template: Template | None = None


@attrs.frozen(kw_only=True)
class CreatePods:
    """Create pods, and wait until all are scheduled.

    Attributes:
        index: of the operation in its workload; part of the pods' names.
        count: of pods.
        namespace: that they are in; created if need be.
        template: of each; a tenth of a core and 500 MiB unless given.
        measured: these are the pods that the benchmark is about.
        goes_on: do not wait.
    """

    index: int
    count: int
    namespace: str
    template: Template | None = None
    measured: bool = False
    goes_on: bool = False


@attrs.frozen(kw_only=True)
class Barrier:
    """Wait until pods that nobody has waited for are scheduled.

    Attributes:
        index: of the operation in its workload.
        namespaces: whose pods; none for all.
        attempted: it is enough if each of them was tried.
    """

    index: int
    namespaces: tuple[str, ...] = ()
    attempted: bool = False


@attrs.frozen(kw_only=True)
class Churn:
    """Create objects, and delete them if asked to, beside what follows.

    Attributes:
        index: of the operation in its workload.
        templates: of one object each that a tick creates.
        namespace: of those that have one.
        interval_seconds: between two ticks.
        number: of ticks in all that create (0 for no limit); when recreating: of ticks
            that create before as many delete.
        recreate: delete what was created, and so on in turn.
    """

    index: int
    templates: tuple[Template, ...]
    namespace: str
    interval_seconds: float = 0.5
    number: int = 0
    recreate: bool = False


@attrs.frozen(kw_only=True)
class Sleep:
    """Do nothing for a while."""

    index: int
    seconds: float


Operation = Barrier | Churn | CreateNamespaces | CreateNodes | CreatePods | Sleep
