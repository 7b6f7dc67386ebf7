"""A pod as the scheduler sees it.

Source: kubernetes pkg/scheduler/framework/types.go (``PodInfo``).
"""

from collections.abc import Mapping
from typing import Self

from kactors.api.meta import parse_time
from kactors.api.objects import Object
from kactors.scheduler.record import record
from kactors.scheduler.requirements import Requirements, requirements_of

__all__ = ["PodInfo"]


@record(eq=False, kw_only=True)
class PodInfo:
    """What plugins need to know of a pod, read from the object once.

    Attributes:
        pod: the object itself.
        uid, namespace, name: from its metadata.
        labels: from its metadata.
        needs: what its spec asks for; shared with all pods that ask for the same.
        node_name: where it runs or is assumed to run; empty if nowhere. This, and not the
            object's ``spec.nodeName``, is what counts: an assumed pod is not yet bound.
        nominated_node_name: where a preemption has made room for it.
        terminating: whether it is being deleted.
        started_ns: ``status.startTime`` since the epoch; None if it has not started.
    """

    pod: Object
    uid: str
    namespace: str
    name: str
    labels: Mapping[str, str]
    needs: Requirements
    node_name: str = ""
    nominated_node_name: str = ""
    terminating: bool = False
    started_ns: int | None = None

    @classmethod
    def of(cls, pod: Object, known: "PodInfo | None" = None) -> Self:
        """Read a pod object.

        Args:
            pod: the object.
            known: the same pod as it was before; most changes leave what it asks for alone, and
                to see that is faster than to read it again.
        """
        metadata, spec, status = pod["metadata"], pod["spec"], pod.get("status") or {}
        namespace = metadata.get("namespace", "")
        started = status.get("startTime")
        return cls(
            pod=pod,
            uid=metadata.get("uid") or f"{namespace}/{metadata['name']}",
            namespace=namespace,
            name=metadata["name"],
            labels=metadata.get("labels") or {},
            needs=(
                requirements_of(spec, namespace)
                if known is None or not _asks_the_same(known.pod["spec"], spec)
                else known.needs
            ),
            node_name=spec.get("nodeName") or "",
            nominated_node_name=status.get("nominatedNodeName") or "",
            terminating=metadata.get("deletionTimestamp") is not None,
            started_ns=None if started is None else parse_time(started),
        )

    @property
    def key(self) -> str:
        """The pod's name for people: ``namespace/name``."""
        return f"{self.namespace}/{self.name}"

    @property
    def priority(self) -> int:
        """The larger the more important."""
        return self.needs.priority

    @property
    def ended(self) -> bool:
        """Whether the pod has run to its end and holds no resources any more."""
        return (self.pod.get("status") or {}).get("phase") in {"Succeeded", "Failed"}

    def assigned_to(self, node_name: str) -> "PodInfo":
        """Return the same pod on a node."""
        return PodInfo(
            pod=self.pod,
            uid=self.uid,
            namespace=self.namespace,
            name=self.name,
            labels=self.labels,
            needs=self.needs,
            node_name=node_name,
            nominated_node_name=self.nominated_node_name,
            terminating=self.terminating,
            started_ns=self.started_ns,
        )


def _asks_the_same(before: Object, after: Object) -> bool:
    """Whether two specs of one pod differ in the node at most."""
    if before == after:
        return True
    if len(after) - len(before) not in {0, 1} or after.get("nodeName") == before.get("nodeName"):
        return False
    return {**before, "nodeName": ""} == {**after, "nodeName": ""}
