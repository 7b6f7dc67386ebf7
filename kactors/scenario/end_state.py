"""The end state of a run, with what may differ from run to run masked: what Sieve compares.

Two runs of one workload, one with faults and one without, have to end alike: the same objects, and
of each kind of workload as many created and deleted. What chance or faults decide is left out, kind
by kind: on which node a pod is, addresses, generated names (their owner and a count stand for
them), uids, times, how often something failed before it succeeded.

Source: Sieve (OSDI 2022), ``sieve_oracle/checker_common.py`` and its masks.
"""

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any, Final

import attrs

from kactors.api.meta import (
    is_being_deleted,
    is_true,
    labels_of,
    name_of,
    owner_of_controller,
)
from kactors.api.objects import Object, field
from kactors.api.registry import REGISTRY
from kactors.scenario.truth import Change, Truth

__all__ = ["COUNTED", "Counts", "EndState", "differences", "end_state"]

#: Kinds of which every run creates and deletes as many. Pods are not: faults explain more of them.
COUNTED: Final = (
    "daemonsets",
    "deployments",
    "jobs",
    "persistentvolumeclaims",
    "replicasets",
    "services",
    "statefulsets",
)
#: Kinds that say nothing of what was asked for: messages, signs of life, what clients wrote.
_LEFT_OUT: Final = ("configmaps", "events", "leases", "nodes")
#: Fields and labels that chance or faults decide, wherever they are.
_MASKED: Final = (
    "batch.kubernetes.io/controller-uid",
    "clusterIP",
    "clusterIPs",
    "controller-uid",
    "creationTimestamp",
    "healthCheckNodePort",
    "hostname",
    "nodeName",
    "nodePort",
    "podCIDR",
    "podCIDRs",
    "providerID",
    "volumeMounts",
    "volumeName",
    "volumes",
)
#: What of a status is the same however often something failed on the way.
_STATUS: Final = (
    "availableReplicas",
    "desiredNumberScheduled",
    "numberReady",
    "phase",
    "readyReplicas",
    "replicas",
    "succeeded",
    "updatedReplicas",
)


@attrs.frozen
class EndState:
    """What a run has come to.

    Attributes:
        objects: how often there is what: name, or owner, and facts, as JSON.
        created, deleted: how many, by kind.
    """

    objects: Counter[tuple[str, str]]
    created: Counter[str]
    deleted: Counter[str]


class Counts:
    """Counts what is created and deleted, of each kind of workload."""

    def __init__(self, truth: Truth) -> None:
        self.created: Counter[str] = Counter()
        self.deleted: Counter[str] = Counter()
        truth.on_change.append(self._changed)

    def _changed(self, change: Change) -> None:
        if change.resource not in COUNTED:
            return
        if change.before is None:
            self.created[change.resource] += 1
        elif change.after is None:
            self.deleted[change.resource] += 1


def end_state(truth: Truth, counts: Counts) -> EndState:
    """Return what is stored now, masked."""
    found = Counter(
        each
        for resource in REGISTRY
        if resource.plural not in _LEFT_OUT
        for obj in truth.objects(resource.plural).values()
        for each in _entries(resource.plural, obj)
    )
    return EndState(found, counts.created.copy(), counts.deleted.copy())


def differences(found: EndState, reference: EndState) -> Iterator[str]:
    """Yield in what an end state differs from that without faults."""
    for place in sorted({place for place, _ in (*found.objects, *reference.objects)}):
        mine, others = _at(found, place), _at(reference, place)
        if mine.total() != others.total():
            yield f"there are {mine.total()} {place}; without faults {others.total()}"
        elif mine != others:
            here, there = next(iter(mine - others)), next(iter(others - mine))
            yield f"{place} {_difference('', json.loads(here), json.loads(there))}"
    for what, ours, theirs in (
        ("created", found.created, reference.created),
        ("deleted", found.deleted, reference.deleted),
    ):
        for kind in COUNTED:
            if ours[kind] != theirs[kind]:
                yield f"{ours[kind]} {kind} were {what}; without faults {theirs[kind]}"


def _at(state: EndState, place: str) -> Counter[str]:
    """Return what there is of one name, or of one owner."""
    return Counter({facts: n for (where, facts), n in state.objects.items() if where == place})


def _difference(path: str, mine: Any, other: Any) -> str:
    """Return the first difference of two JSON values that are not equal."""
    if isinstance(mine, dict) and isinstance(other, dict):
        for key in sorted({**mine, **other}):
            if mine.get(key) != other.get(key):
                return _difference(f"{path}.{key}", mine.get(key), other.get(key))
    return f"has {path.removeprefix('.')} {mine!r}; without faults {other!r}"


def _entries(plural: str, obj: Object) -> Iterator[tuple[str, str]]:
    """Yield the name and the facts that stand for an object; of a slice, those of each endpoint."""
    owner = owner_of_controller(obj)
    whose = name_of(obj)
    if owner is not None and plural != "replicasets" and owner.get("kind") != "StatefulSet":
        whose = f"of {owner['kind']} {owner['name']}"
    place = f"{plural} {field(obj, 'metadata', 'namespace', default='')}/{whose}"
    if plural == "endpointslices":
        # How endpoints are spread over slices depends on the order in which pods came.
        for endpoint in obj.get("endpoints") or ():
            yield place, json.dumps(field(endpoint, "conditions", default={}), sort_keys=True)
        return
    status: Object = obj.get("status") or {}
    facts = {
        "deleted": is_being_deleted(obj),
        "labels": _masked(dict(labels_of(obj))),
        "ready": is_true(obj, "Ready"),
        "spec": _masked(obj.get("spec")),
        "status": {key: status[key] for key in _STATUS if key in status},
    }
    yield place, json.dumps(facts, sort_keys=True)


def _masked(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _masked(each) for key, each in value.items() if key not in _MASKED}
    if isinstance(value, list):
        return [_masked(each) for each in value]
    return value
