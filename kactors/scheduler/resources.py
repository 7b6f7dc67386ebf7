"""How much of each resource: what a pod asks for, what a node has.

Amounts are integers: thousandths of a core for ``cpu``, bytes for ``memory`` and
``ephemeral-storage``, whole units for everything else.

Sources: kubernetes staging/src/k8s.io/component-helpers/resource/helpers.go (``PodRequests``),
pkg/scheduler/util/pod_resources.go (the defaults of what is not asked for).
"""

from collections.abc import Callable, Mapping

import attrs

from kactors.api.objects import Object
from kactors.api.quantity import milli_value, value

__all__ = ["Resources", "pod_requests", "resources_of"]

#: What a container without a request counts for in scores: a tenth of a core, 200 MiB.
DEFAULT_CPU_MILLI = 100
DEFAULT_MEMORY_BYTES = 200 * 1024 * 1024


@attrs.frozen
class Resources:
    """An amount of each resource.

    Attributes:
        cpu_milli: thousandths of a core.
        memory_bytes: bytes of memory.
        ephemeral_bytes: bytes of ephemeral storage.
        pods: how many pods; only nodes have it.
        scalars: everything else by name (extended resources, huge pages); no zeros.
    """

    cpu_milli: int = 0
    memory_bytes: int = 0
    ephemeral_bytes: int = 0
    pods: int = 0
    scalars: Mapping[str, int] = attrs.field(factory=dict)

    def __bool__(self) -> bool:
        """Whether anything is asked for at all."""
        return bool(self.cpu_milli or self.memory_bytes or self.ephemeral_bytes or self.scalars)

    def get(self, name: str) -> int:
        """Return the amount of one resource by its Kubernetes name."""
        match name:
            case "cpu":
                return self.cpu_milli
            case "memory":
                return self.memory_bytes
            case "ephemeral-storage":
                return self.ephemeral_bytes
            case _:
                return self.scalars.get(name, 0)


def resources_of(amounts: Object) -> Resources:
    """Read a ``ResourceList``, for instance a node's ``status.allocatable``."""
    scalars = {
        name: amount
        for name, quantity in amounts.items()
        if name not in _NATIVE and (amount := value(quantity))
    }
    return Resources(
        cpu_milli=milli_value(amounts.get("cpu", 0)),
        memory_bytes=value(amounts.get("memory", 0)),
        ephemeral_bytes=value(amounts.get("ephemeral-storage", 0)),
        pods=value(amounts.get("pods", 0)),
        scalars=scalars,
    )


_NATIVE = ("cpu", "memory", "ephemeral-storage", "pods")


def pod_requests(spec: Object) -> tuple[Resources, int, int]:
    """Return what a pod asks for, and the cpu and memory that it counts for in scores.

    The latter two take the defaults for each container that does not say, see
    `DEFAULT_CPU_MILLI`; the former is what filters subtract.
    """
    plain = _total(spec, _requests_of)
    scored = _total(spec, _requests_or_defaults)
    requests = Resources(
        cpu_milli=plain.pop("cpu", 0),
        memory_bytes=plain.pop("memory", 0),
        ephemeral_bytes=plain.pop("ephemeral-storage", 0),
        scalars={name: amount for name, amount in plain.items() if amount},
    )
    return requests, scored.get("cpu", 0), scored.get("memory", 0)


Amounts = dict[str, int]


def _total(spec: Object, of: Callable[[Object], Amounts]) -> Amounts:
    """Sum the containers, mind the init containers, add the overhead.

    Init containers run one after the other, each beside the sidecars started before it: the pod
    needs the largest of these moments, or what its containers and sidecars need together.
    """
    running: Amounts = {}
    for container in spec.get("containers", ()):
        _add(running, of(container))
    sidecars: Amounts = {}
    largest: Amounts = {}
    for container in spec.get("initContainers", ()):
        amounts = of(container)
        if container.get("restartPolicy") == "Always":
            _add(sidecars, amounts)
            moment = dict(sidecars)
        else:
            moment = dict(sidecars)
            _add(moment, amounts)
        _raise_to(largest, moment)
    _add(running, sidecars)
    _raise_to(running, largest)
    pod_level = (spec.get("resources") or {}).get("requests") or {}
    for name, amount in _amounts(pod_level).items():
        running[name] = amount
    _add(running, _amounts(spec.get("overhead") or {}))
    return running


def _requests_of(container: Object) -> Amounts:
    return _amounts((container.get("resources") or {}).get("requests") or {})


def _requests_or_defaults(container: Object) -> Amounts:
    amounts = _requests_of(container)
    amounts.setdefault("cpu", DEFAULT_CPU_MILLI)
    amounts.setdefault("memory", DEFAULT_MEMORY_BYTES)
    return amounts


def _amounts(quantities: Object) -> Amounts:
    return {
        name: milli_value(quantity) if name == "cpu" else value(quantity)
        for name, quantity in quantities.items()
    }


def _add(total: Amounts, amounts: Mapping[str, int]) -> None:
    for name, amount in amounts.items():
        total[name] = total.get(name, 0) + amount


def _raise_to(total: Amounts, amounts: Mapping[str, int]) -> None:
    for name in amounts:
        total[name] = max(total.get(name, 0), amounts[name])
