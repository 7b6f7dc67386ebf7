"""On which nodes a daemon belongs, and how its pods are tied to them.

Source: kubernetes pkg/controller/daemon/daemon_controller.go (NodeShouldRunDaemonPod, Predicates),
util/daemonset_util.go.
"""

from collections.abc import Sequence
from typing import Final

import attrs

from kactors.api.meta import labels_of, name_of
from kactors.api.node_affinity import RequiredNodeAffinity
from kactors.api.objects import Object, deep_copy, field, put
from kactors.api.taints import NO_EXECUTE, find_untolerated
from kactors.controllers.pods import node_of

__all__ = ["Fitness", "fitness", "pod_template_for", "target_node"]

_TOLERATED: Final = (
    ("node.kubernetes.io/not-ready", "NoExecute"),
    ("node.kubernetes.io/unreachable", "NoExecute"),
    ("node.kubernetes.io/disk-pressure", "NoSchedule"),
    ("node.kubernetes.io/memory-pressure", "NoSchedule"),
    ("node.kubernetes.io/pid-pressure", "NoSchedule"),
    ("node.kubernetes.io/unschedulable", "NoSchedule"),
)
_REQUIRED: Final = "requiredDuringSchedulingIgnoredDuringExecution"


@attrs.frozen
class Fitness:
    """Whether a daemon should be put on a node, and whether one that is there may stay."""

    should_run: bool
    may_stay: bool


def _tolerations(spec: Object) -> list[Object]:
    """Return the tolerations of a daemon's pods: it serves nodes also when they are unwell."""
    added = [{"key": key, "operator": "Exists", "effect": effect} for key, effect in _TOLERATED]
    if spec.get("hostNetwork"):
        added.append({"key": "node.kubernetes.io/network-unavailable", "operator": "Exists",
                      "effect": "NoSchedule"})  # fmt: skip
    own: Sequence[Object] = spec.get("tolerations") or ()
    return [*own, *(each for each in added if each not in own)]


def fitness(daemon_set: Object, node: Object) -> Fitness:
    """Return whether a node should have a pod of the daemon.

    Raises:
        MalformedSelector: of the template's affinity.
    """
    template: Object = daemon_set["spec"]["template"]
    spec: Object = template.get("spec") or {}
    name = name_of(node)
    if spec.get("nodeName") not in {None, "", name}:
        return Fitness(should_run=False, may_stay=False)
    if not RequiredNodeAffinity.of_pod(template).matches(labels_of(node), name):
        return Fitness(should_run=False, may_stay=False)
    taints: Sequence[Object] = field(node, "spec", "taints", default=())
    tolerations = _tolerations(spec)
    evicted = find_untolerated(
        taints, tolerations, include=lambda taint: bool(taint.get("effect") == NO_EXECUTE)
    )
    kept_away = find_untolerated(taints, tolerations)
    return Fitness(should_run=kept_away is None, may_stay=evicted is None)


def pod_template_for(daemon_set: Object, node: str, labels: dict[str, str]) -> Object:
    """Return the template of the pod for one node: the scheduler must put it just there.

    Args:
        daemon_set: whose.
        node: its name.
        labels: added to those of the template.
    """
    template: Object = deep_copy(daemon_set["spec"]["template"])
    put(template, {**labels_of(template), **labels}, "metadata", "labels")
    spec: Object = template["spec"]
    spec["tolerations"] = _tolerations(spec)
    match = {"key": "metadata.name", "operator": "In", "values": [node]}
    terms = field(spec, "affinity", "nodeAffinity", _REQUIRED, "nodeSelectorTerms") or [{}]
    # Whatever else is required stays so; but a field other than the name would be refused anyway.
    terms = [{**term, "matchFields": [match]} for term in terms]
    put(spec, {"nodeSelectorTerms": terms}, "affinity", "nodeAffinity", _REQUIRED)
    return template


def target_node(pod: Object) -> str:
    """Return the node that a daemon's pod is on or is meant for; empty if it does not say."""
    if bound := node_of(pod):
        return bound
    terms = field(pod, "spec", "affinity", "nodeAffinity", _REQUIRED, "nodeSelectorTerms",
                  default=())  # fmt: skip
    for term in terms:
        for each in term.get("matchFields") or ():
            if each.get("key") == "metadata.name" and len(each.get("values") or ()) == 1:
                name: str = each["values"][0]
                return name
    return ""
