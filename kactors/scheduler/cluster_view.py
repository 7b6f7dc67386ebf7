"""Objects other than pods and nodes that plugins ask about.

Source: upstream's listers, as used in kubernetes
pkg/scheduler/framework/plugins/helper/spread.go (``DefaultSelector``).
"""

from collections.abc import Iterator, Mapping
from typing import ClassVar

from kactors.api.labels import NOTHING, LabelSelector
from kactors.api.objects import Object
from kactors.scheduler.pod_info import PodInfo

__all__ = ["ClusterView"]


class ClusterView:
    """The newest known objects of some kinds.

    Attributes:
        namespace_version: changes whenever a namespace does.
    """

    #: Which kinds the plugins ask about.
    KINDS: ClassVar[tuple[str, ...]] = (
        "Namespace",
        "PodDisruptionBudget",
        "ReplicaSet",
        "ReplicationController",
        "Service",
        "StatefulSet",
    )

    def __init__(self) -> None:
        self.namespace_version = 0
        self._objects: dict[tuple[str, str], dict[str, Object]] = {}
        self._selectors: dict[tuple[str, tuple[tuple[str, str], ...], str], LabelSelector] = {}

    def put(self, kind: str, obj: Object) -> None:
        """Add an object, or replace the one of the same name."""
        metadata = obj["metadata"]
        of_namespace = self._objects.setdefault((kind, metadata.get("namespace", "")), {})
        of_namespace[metadata["name"]] = obj
        self._changed(kind)

    def remove(self, kind: str, obj: Object) -> None:
        """Forget an object; it may be unknown."""
        metadata = obj["metadata"]
        self._objects.get((kind, metadata.get("namespace", "")), {}).pop(metadata["name"], None)
        self._changed(kind)

    def get(self, kind: str, namespace: str, name: str) -> Object | None:
        """Return one object."""
        return self._objects.get((kind, namespace), {}).get(name)

    def list(self, kind: str, namespace: str) -> Iterator[Object]:
        """Yield the objects of one kind in one namespace, in the order of their arrival."""
        return iter(self._objects.get((kind, namespace), {}).values())

    def all_of(self, kind: str) -> "tuple[Object, ...]":
        """Return the objects of one kind in all namespaces."""
        return tuple(
            obj
            for (of_kind, _), objects in self._objects.items()
            if of_kind == kind
            for obj in objects.values()
        )

    def namespace_labels(self, name: str) -> Mapping[str, str]:
        """Return the labels of a namespace; none if it is unknown."""
        namespace = self.get("Namespace", "", name)
        return {} if namespace is None else namespace["metadata"].get("labels") or {}

    def default_selector(self, pod: PodInfo) -> LabelSelector:
        """Return what selects the pods that belong together with this one.

        That is: what its Services and its controller select, all of it together; nothing if it
        has neither.
        """
        owner = _controller_of(pod.pod)
        key = (pod.namespace, tuple(pod.labels.items()), owner)
        found = self._selectors.get(key)
        if found is None:
            if len(self._selectors) >= 10_000:
                self._selectors.clear()
            found = self._selectors[key] = self._default_selector(pod, owner)
        return found

    def _default_selector(self, pod: PodInfo, owner: str) -> LabelSelector:
        merged: dict[str, str] = {}
        for service in self.list("Service", pod.namespace):
            selector = service["spec"].get("selector") or {}
            if selector and all(pod.labels.get(key) == selector[key] for key in selector):
                merged.update(selector)
        kind, _, name = owner.partition("/")
        controller = self.get(kind, pod.namespace, name) if owner else None
        selector = {} if controller is None else controller["spec"].get("selector") or {}
        if kind == "ReplicationController":
            merged.update(selector)
            selector = {}
        expressions = [
            *(selector.get("matchExpressions") or ()),
            *(
                {"key": key, "operator": "In", "values": [value]}
                for key, value in (selector.get("matchLabels") or {}).items()
                if merged.get(key) != value
            ),
        ]
        if not merged and not expressions:
            return NOTHING
        return LabelSelector.from_object({"matchLabels": merged, "matchExpressions": expressions})

    def _changed(self, kind: str) -> None:
        if kind == "Namespace":
            self.namespace_version += 1
        if kind not in {"Namespace", "PodDisruptionBudget"}:
            self._selectors.clear()


def _controller_of(pod: Object) -> str:
    """Return kind and name of a pod's controller as one text; empty if it has none."""
    for owner in pod["metadata"].get("ownerReferences") or ():
        if owner.get("controller"):
            return f"{owner['kind']}/{owner['name']}"
    return ""
