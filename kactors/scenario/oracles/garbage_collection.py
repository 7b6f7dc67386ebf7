"""The garbage collector takes what nobody owns any more, all of that, and nothing else."""

from collections import OrderedDict
from typing import ClassVar, Final

from kactors.actors import Actor
from kactors.api.meta import is_being_deleted, owners_of, uid_of
from kactors.api.objects import Object
from kactors.api.registry import REGISTRY
from kactors.api.requests import ApiRequest, ApiResponse
from kactors.apiserver.authentication.user import User, service_account_user
from kactors.apiserver.server import ApiServer
from kactors.scenario.oracle import Oracle, Scene
from kactors.scenario.truth import Change

__all__ = ["GarbageCollection"]

_COLLECTOR: Final = service_account_user("kube-system", "generic-garbage-collector").name
_REMEMBERED: Final = 10_000


class GarbageCollection(Oracle):
    """What the collector deletes has no owner that lives; in the end nothing dangles.

    Who deletes what is learnt from the apiservers' audit. Catches k8s#88097 and #65200 (children
    looked at before their owners are in the graph) and k8s#109748 (orphans that leak because their
    owner went while nobody watched).
    """

    name: ClassVar[str] = "garbage collection"

    def __init__(self, scene: Scene) -> None:
        super().__init__(scene)
        #: uid -> the object, for all that exist and have been seen to change.
        self._living: dict[str, Object] = {}
        self._deleted: OrderedDict[tuple[str, str, str], Object] = OrderedDict()
        scene.truth.on_change.append(self._changed)
        scene.cluster.observer.on_made.append(self._made)

    def _changed(self, change: Change) -> None:
        if change.before is not None:
            self._living.pop(uid_of(change.before), None)
        if change.after is not None:
            self._living[uid_of(change.after)] = change.after
        elif change.before is not None:
            key = (change.resource, change.namespace, change.name)
            self._deleted[key] = change.before
            self._deleted.move_to_end(key)
            if len(self._deleted) > _REMEMBERED:
                self._deleted.popitem(last=False)

    def _made(self, host: str, actor: Actor) -> None:
        del host
        if isinstance(actor, ApiServer):
            actor.audit.append(self._answered)

    def _answered(self, user: User, request: ApiRequest, response: ApiResponse) -> None:
        if request.verb != "delete" or response.code >= 300 or user.name != _COLLECTOR:
            return
        key = (request.resource, request.namespace, request.name)
        gone = self.scene.truth.get(*key) or self._deleted.get(key)
        for reference in owners_of(gone) if gone is not None else ():
            owner = self._living.get(reference["uid"])
            if owner is not None and not is_being_deleted(owner):
                self.object_to(
                    "the collector deletes what is owned",
                    f"the garbage collector has deleted {request.resource} "
                    f"{request.namespace}/{request.name}, whose owner "
                    f"{reference['kind']} {reference['name']} lives",
                )
                return

    def finish(self, *, converged: bool) -> None:
        """Look for what dangles."""
        if not converged:
            return
        for resource in REGISTRY:
            for (namespace, name), obj in self.scene.truth.objects(resource.plural).items():
                owners = owners_of(obj)
                if owners and not any(owner["uid"] in self._living for owner in owners):
                    text = f"{resource.plural} {namespace}/{name} is left, its owner is gone"
                    self.object_to("an orphan is left", f"{text}: {owners[0]!r}")
                    return
