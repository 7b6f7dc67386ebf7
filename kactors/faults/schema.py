"""Plans as plain values: dicts, lists, texts and numbers, and back.

Everything that is a class becomes a dict with its name under ``kind`` and its fields, those
that have their default left out. The times have a shorter form: ``{at: 5}``, ``{for: 3}``,
``{until: 8}``.
"""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from enum import Enum
from typing import Any

import attrs

from kactors.errors import KactorsError
from kactors.faults import disk, host, message, network, partition
from kactors.faults.errors import InvalidFaultError, SchemaError
from kactors.faults.fault import Fault
from kactors.faults.plan import FaultPlan
from kactors.faults.trigger import TRIGGERS, Messages
from kactors.faults.when import At, For, Until, When
from kactors.transport.latency import LATENCIES

FAULTS: tuple[type[Fault], ...] = (
    network.Cut,
    partition.Isolate,
    partition.Partition,
    partition.Bridge,
    partition.Ring,
    network.Delay,
    network.Loss,
    network.Duplicate,
    network.Reorder,
    network.Throttle,
    network.Clog,
    message.Drop,
    message.Hold,
    host.Crash,
    host.Restart,
    host.Bounce,
    host.Reboot,
    host.Pause,
    host.KillActor,
    host.ClockJump,
    host.ClockDrift,
    disk.DiskReadError,
    disk.DiskWriteError,
    disk.DiskSyncError,
    disk.DiskFull,
    disk.SlowDisk,
    disk.StalledDisk,
    disk.BitRot,
    disk.MisdirectedWrite,
    disk.LostWrite,
    disk.TornWrite,
    disk.LoseDisk,
)
"""Every kind of fault."""

_KINDS: Mapping[str, type] = {
    cls.__name__: cls for cls in (*FAULTS, *TRIGGERS, *LATENCIES, Messages, When)
}
_TIMES: Mapping[str, type] = {"at": At, "for": For, "until": Until}
_SHORT: Mapping[type, str] = {cls: name for name, cls in _TIMES.items()}


def to_plain(plan: FaultPlan) -> dict[str, Any]:
    """Return a plan as plain values."""
    return {"faults": [_plain(fault) for fault in plan.faults]}


def from_plain(value: object) -> FaultPlan:
    """Return the plan that plain values describe.

    Raises:
        SchemaError: they describe none; the error has the path to what is wrong.
    """
    if not isinstance(value, Mapping) or "faults" not in value:
        raise SchemaError("this is no fault plan: it needs a list under 'faults'")
    _check_names(value, ["faults"], "a fault plan", "")
    faults = value["faults"]
    if not isinstance(faults, list):
        raise SchemaError(f"found {faults!r}: give a list of faults", path="faults")
    made = []
    for index, item in enumerate(faults):
        path = f"faults[{index}]"
        fault = _build(item, path)
        if not isinstance(fault, Fault):
            raise SchemaError(f"found {fault!r}: give a fault, a mapping with its kind", path=path)
        made.append(fault)
    return FaultPlan(tuple(made))


def _plain(value: Any) -> Any:
    short = _SHORT.get(type(value))
    if short is not None:
        return {short: value.seconds}
    if attrs.has(type(value)):
        plain: dict[str, Any] = {"kind": type(value).__name__}
        late: dict[str, Any] = {}
        for field in attrs.fields(type(value)):
            found = getattr(value, field.name)
            if found == field.default:
                continue
            if field.metadata.get("mapping"):
                plain[field.name] = dict(found)
            elif field.name in {"start", "end", "forever"}:
                late[field.name] = _plain(found)
            else:
                plain[field.name] = _plain(found)
        return plain | late
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return value.value if isinstance(value, Enum) else value


def _build(value: Any, path: str) -> Any:
    """Return what a plain value describes: an object of a known kind, a tuple, or itself."""
    if isinstance(value, list):
        return tuple(_build(item, f"{path}[{index}]") for index, item in enumerate(value))
    if not isinstance(value, Mapping):
        return value
    if "kind" in value:
        return _build_kind(value, path)
    if len(value) == 1 and (cls := _TIMES.get(next(iter(value)))) is not None:
        return _construct(cls, {"seconds": next(iter(value.values()))}, path)
    keys = ", ".join(map(repr, value)) or "nothing"
    raise SchemaError(
        f"found a mapping with {keys}: give a 'kind', or one of {', '.join(map(repr, _TIMES))}",
        path=path,
    )


def _build_kind(value: Mapping[Any, Any], path: str) -> Any:
    kind = value["kind"]
    cls = _KINDS.get(kind) if isinstance(kind, str) else None
    if cls is None:
        remedy = _nearest(str(kind), _KINDS)
        raise SchemaError(f"there is no kind {kind!r}: {remedy}", path=path)
    fields = {field.name: field for field in attrs.fields(cls)}
    _check_names(value, ["kind", *fields], f"a {kind}", path)
    arguments: dict[str, Any] = {}
    for name, given in value.items():
        if name == "kind":
            continue
        here = f"{path}.{name}"
        arguments[name] = given if fields[name].metadata.get("mapping") else _build(given, here)
    missing = [
        name
        for name, field in fields.items()
        if field.default is attrs.NOTHING and name not in arguments
    ]
    if missing:
        raise SchemaError(f"a {kind} needs {' and '.join(map(repr, missing))}: add it", path=path)
    return _construct(cls, arguments, path)


def _construct(cls: type, arguments: Mapping[str, Any], path: str) -> Any:
    try:
        return cls(**arguments)
    except InvalidFaultError as exc:
        where = f"{path}.{exc.field}" if exc.field else path
        raise SchemaError(str(exc), path=where) from exc
    except (KactorsError, TypeError, ValueError) as exc:
        raise SchemaError(str(exc), path=path) from exc


def _check_names(value: Mapping[Any, Any], known: list[str], what: str, path: str) -> None:
    for name in value:
        if name not in known:
            here = f"{path}.{name}" if path else str(name)
            raise SchemaError(f"{what} has no {name!r}: {_nearest(str(name), known)}", path=here)


def _nearest(name: str, known: Iterable[str]) -> str:
    names = list(known)
    near = get_close_matches(name, names, n=3, cutoff=0.5)
    if near:
        return f"did you mean {' or '.join(map(repr, near))}?"
    return f"give one of {', '.join(sorted(names))}"
