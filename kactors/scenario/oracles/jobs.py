"""Jobs complete, and count, exactly as often as they were asked to."""

from typing import ClassVar

from kactors.api.meta import is_true, owner_of_controller, uid_of
from kactors.api.objects import Object, field
from kactors.scenario.oracle import Oracle, Scene
from kactors.scenario.truth import Change

__all__ = ["JobCompletions"]


class JobCompletions(Oracle):
    """What a Job counts as succeeded has succeeded, is counted once, and is what was asked for.

    A pod that succeeds leaves that behind even if it is deleted before it is counted: its finalizer
    keeps it. Catches k8s#134937 (pods made twice before the first are seen) and lost or double
    counting around a restart (KEP-2307, job tracking with finalizers).
    """

    name: ClassVar[str] = "job completions"

    def __init__(self, scene: Scene) -> None:
        super().__init__(scene)
        #: uid of a Job -> uids of its pods that were seen to succeed.
        self._succeeded: dict[str, dict[str, None]] = {}
        scene.truth.on_change.append(self._changed)

    def _changed(self, change: Change) -> None:
        obj = change.after
        if obj is None:
            return
        if change.resource == "pods" and field(obj, "status", "phase") == "Succeeded":
            owner = owner_of_controller(obj)
            if owner is not None and owner.get("kind") == "Job":
                self._succeeded.setdefault(owner["uid"], {})[uid_of(obj)] = None
        elif change.resource == "jobs":
            self._check(change.name, obj)

    def _check(self, name: str, job: Object) -> None:
        counted = field(job, "status", "succeeded", default=0)
        seen = len(self._succeeded.get(uid_of(job), {}))
        wanted = field(job, "spec", "completions")
        if counted > seen:
            text = f"job {name} counts {counted} pods as succeeded, {seen} have"
            self.object_to("a Job counts what was not", text)
        elif wanted is not None and counted > wanted:
            text = f"job {name} counts {counted} completions, {wanted} were asked for"
            self.object_to("a Job completes too often", text)
        elif wanted is not None and is_true(job, "Complete") and counted < wanted:
            text = f"job {name} is complete with {counted} completions, {wanted} were asked for"
            self.object_to("a Job completes too early", text)

    def finish(self, *, converged: bool) -> None:
        """Nothing is left to look at: every change was."""
