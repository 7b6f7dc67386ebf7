"""No node is given more than it has."""

from collections import Counter
from typing import ClassVar

import attrs

from kactors.api.meta import uid_of
from kactors.api.objects import Object, field
from kactors.scenario.oracle import Oracle, Scene
from kactors.scenario.truth import Change
from kactors.scheduler.resources import Resources, pod_requests, resources_of

__all__ = ["OverCommit"]

_FINAL = ("Succeeded", "Failed")


@attrs.define
class _Load:
    """What the pods of a node ask for: amounts by resource, and how many pods there are."""

    amounts: Counter[str] = attrs.field(factory=Counter)
    pods: dict[str, Resources] = attrs.field(factory=dict)


def _amounts(resources: Resources) -> dict[str, int]:
    return {
        "cpu": resources.cpu_milli,
        "memory": resources.memory_bytes,
        "ephemeral-storage": resources.ephemeral_bytes,
        **resources.scalars,
    }


class OverCommit(Oracle):
    """The requests of the pods bound to a node are within what it can allocate, at every revision.

    Pods that are over ask for nothing, such as those that a kubelet has refused (``OutOfcpu``).
    Catches k8s#137308: a new leader that has yet to see the last bindings of the old.
    """

    name: ClassVar[str] = "over-commit"

    def __init__(self, scene: Scene) -> None:
        super().__init__(scene)
        self._loads: dict[str, _Load] = {}
        self._reported: dict[str, None] = {}
        scene.truth.on_change.append(self._changed)

    def _changed(self, change: Change) -> None:
        if change.resource != "pods":
            return
        if change.before is not None:
            self._remove(change.before)
        if change.after is not None:
            self._add(change.after)

    def _remove(self, pod: Object) -> None:
        load = self._loads.get(field(pod, "spec", "nodeName", default=""))
        asked = None if load is None else load.pods.pop(uid_of(pod), None)
        if load is not None and asked is not None:
            load.amounts.subtract(_amounts(asked))

    def _add(self, pod: Object) -> None:
        node = field(pod, "spec", "nodeName", default="")
        if not node or field(pod, "status", "phase") in _FINAL:
            return
        load = self._loads.setdefault(node, _Load())
        asked, _, _ = pod_requests(pod["spec"])
        fresh = uid_of(pod) not in load.pods
        load.pods[uid_of(pod)] = asked
        load.amounts.update(_amounts(asked))
        if fresh:
            self._check(node, load, pod)

    def _check(self, node: str, load: _Load, pod: Object) -> None:
        found = self.scene.truth.get("nodes", "", node)
        if found is None or node in self._reported:
            return
        room = resources_of(field(found, "status", "allocatable", default={}))
        asked = {**load.amounts, "pods": len(load.pods)}
        has = {**_amounts(room), "pods": room.pods}
        over = [name for name, amount in asked.items() if amount > has.get(name, 0)]
        if over:
            self._reported[node] = None
            texts = ", ".join(f"{asked[name]} of {has.get(name, 0)} {name}" for name in over)
            name = field(pod, "metadata", "name")
            self.object_to(
                "a node is over-committed",
                f"the {len(load.pods)} pods of node {node} ask for {texts}, {name} being the last",
            )

    # What was refused or finished gives its room back with the change of its phase, above.
    def finish(self, *, converged: bool) -> None:
        """Nothing is left to look at: every change was."""
