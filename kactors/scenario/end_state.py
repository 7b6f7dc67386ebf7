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
#: Fields that chance or faults decide, wherever they are in a spec.
_MASKED: Final = (
    "clusterIP",
    "clusterIPs",
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
_TEXT_MAX: Final = 160


@attrs.frozen
class EndState:
    """What a run has come to.

    Attributes:
        objects: how often there is what, by its text; equal texts are equal but for their names.
        created, deleted: how many, by kind.
    """

    objects: Counter[str]
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
    texts = (
        text
        for resource in REGISTRY
        if resource.plural not in _LEFT_OUT
        for obj in truth.objects(resource.plural).values()
        for text in _texts(resource.plural, obj)
    )
    return EndState(Counter(texts), counts.created.copy(), counts.deleted.copy())


def differences(found: EndState, reference: EndState) -> Iterator[str]:
    """Yield in what an end state differs from that without faults."""
    for text in sorted({**found.objects, **reference.objects}):
        here, there = found.objects[text], reference.objects[text]
        if here != there:
            short = text if len(text) <= _TEXT_MAX else text[:_TEXT_MAX] + "..."
            yield f"{here} of {short}; without faults {there}"
    for what, mine, others in (
        ("created", found.created, reference.created),
        ("deleted", found.deleted, reference.deleted),
    ):
        for kind in COUNTED:
            if mine[kind] != others[kind]:
                yield f"{mine[kind]} {kind} were {what}; without faults {others[kind]}"


def _texts(plural: str, obj: Object) -> Iterator[str]:
    """Yield what stands for an object: one text, or one for each endpoint of a slice."""
    owner = owner_of_controller(obj)
    whose = name_of(obj)
    if owner is not None and plural != "replicasets" and owner.get("kind") != "StatefulSet":
        whose = f"of {owner['kind']} {owner['name']}"
    place = f"{plural} {field(obj, 'metadata', 'namespace', default='')}/{whose}"
    if is_being_deleted(obj):
        yield f"{place}, being deleted"
    elif plural == "endpointslices":
        # How endpoints are spread over slices depends on the order in which pods came.
        for endpoint in obj.get("endpoints") or ():
            kind = field(endpoint, "targetRef", "kind", default="")
            yield f"{place}: {kind} {field(endpoint, 'conditions', default={})}"
    else:
        labels = labels_of(obj)
        status: Object = obj.get("status") or {}
        facts = {
            "labels": labels,
            "spec": _masked(obj.get("spec")),
            "status": {key: status[key] for key in _STATUS if key in status},
            "ready": is_true(obj, "Ready"),
        }
        yield f"{place}: {json.dumps(facts, sort_keys=True)}"


def _masked(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _masked(each) for key, each in value.items() if key not in _MASKED}
    if isinstance(value, list):
        return [_masked(each) for each in value]
    return value
