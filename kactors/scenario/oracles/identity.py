"""Never two pods of one identity."""

from typing import ClassVar

from kactors.api.meta import owner_of_controller
from kactors.scenario.oracle import Oracle, Scene
from kactors.scenario.truth import Change

__all__ = ["OneIdentity"]


class OneIdentity(Oracle):
    """Of each pod of a StatefulSet at most one runs, wherever the control plane believes it to be.

    What runs is asked of the nodes themselves, also of those that nobody reaches. Catches k8s#59848
    (a kubelet that trusts a stale apiserver) and k8s#61832 (a pod made anew while its node is cut
    off).
    """

    name: ClassVar[str] = "one identity"

    def __init__(self, scene: Scene) -> None:
        super().__init__(scene)
        #: namespace and name of every pod that ever belonged to a StatefulSet.
        self._stateful: dict[tuple[str, str], None] = {}
        scene.truth.on_change.append(self._changed)

    def _changed(self, change: Change) -> None:
        if change.resource == "pods" and change.before is None and change.after is not None:
            owner = owner_of_controller(change.after)
            if owner is not None and owner.get("kind") == "StatefulSet":
                self._stateful[change.namespace, change.name] = None

    def look(self) -> None:
        """Compare the pods whose containers run."""
        if not self._stateful:
            return
        seen: dict[tuple[str, str], tuple[str, str]] = {}
        for each in self.scene.cluster.observer.running():
            identity = (each.namespace, each.pod)
            if identity not in self._stateful:
                continue
            place = (each.pod_uid, each.node)
            other = seen.setdefault(identity, place)
            if other != place:
                self.object_to(
                    "two pods of one identity",
                    f"pod {each.namespace}/{each.pod} runs on {other[1]} (uid {other[0]}) and on "
                    f"{each.node} (uid {each.pod_uid}) at the same time",
                )
                return

    def finish(self, *, converged: bool) -> None:
        """Look once more."""
        del converged
        self.look()
