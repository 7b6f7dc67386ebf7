"""What goals can ask not to be there: objects that are gone, and second leaders."""

import attrs

from kactors.api.meta import is_being_deleted
from kactors.controllers.controller_manager import ControllerManager
from kactors.scenario.predicates import Predicate
from kactors.scenario.view import View
from kactors.scheduler.scheduler import Scheduler

__all__ = ["Gone", "NoTwoLead"]


@attrs.frozen(repr=False)
class Gone(Predicate):
    """An object is not stored, or, without a name, none of a kind is in a namespace.

    Attributes:
        kind: plural name of its kind.
        name: of the object; any unless given.
        namespace: in which it would be; empty for kinds that are in none.
    """

    kind: str
    name: str = ""
    namespace: str = ""

    def missing(self, view: View) -> str:
        """Return which object is there."""
        for (namespace, name), obj in view.truth.objects(self.kind).items():
            if namespace == self.namespace and self.name in ("", name):
                going = ", and is being deleted" if is_being_deleted(obj) else ""
                return f"{name} is among the {self.kind}{going}"
        return ""


@attrs.frozen(repr=False)
class NoTwoLead(Predicate):
    """No two schedulers, and no two controller managers, act as leaders at the same time.

    One that stands still cannot know that its time is over: it does not count.
    """

    def missing(self, view: View) -> str:
        """Return who leads, if two do."""
        hosts = view.cluster.world.hosts
        observer = view.cluster.observer
        led = {
            "the scheduler": [host for host, each in observer.of_kind(Scheduler) if each.leading],
            "controllers": [
                host for host, each in observer.of_kind(ControllerManager) if each.leading
            ],
        }
        for part, leading in led.items():
            awake = [host for host in leading if not hosts[host].machine.paused]
            if len(awake) > 1:
                return f"{' and '.join(awake)} lead {part}"
        return ""
