"""Counting each pod once, although pods disappear and writes get lost.

A pod of a Job has a finalizer, so that it cannot disappear uncounted. It is counted in three steps,
each of which may be repeated: its uid is written into the Job's status as *uncounted*; then its
finalizer is taken away; then, in one write, the uid leaves the status and the count goes up. With
completion indexes the first step is enough, because an index cannot be counted twice.

Source: kubernetes pkg/controller/job/job_controller.go: trackJobStatusAndRemoveFinalizers,
cleanUncountedPodsWithoutFinalizers; KEP-2307.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import attrs

from kactors.api.meta import finalizers_of, is_being_deleted, uid_of
from kactors.api.objects import Object, field
from kactors.controllers.job.indexes import completion_index, parse_indexes
from kactors.controllers.pods import phase_of

__all__ = ["TRACKING_FINALIZER", "Account", "account", "is_failed", "is_tracked"]

TRACKING_FINALIZER: Final = "batch.kubernetes.io/job-tracking"

UNCOUNTED_MAX: Final = 500
"""No more uids than this are in a status at one time."""


def is_tracked(pod: Object) -> bool:
    """Tell whether the pod waits to be counted."""
    return TRACKING_FINALIZER in finalizers_of(pod)


def is_failed(pod: Object) -> bool:
    """Tell whether the pod counts as failed; so does one on its way out that has not succeeded."""
    return phase_of(pod) == "Failed" or (is_being_deleted(pod) and phase_of(pod) != "Succeeded")


@attrs.frozen
class Account:
    """What has been counted.

    Attributes:
        succeeded, failed: counted for good.
        uncounted_succeeded, uncounted_failed: uids of pods that will be.
        completed: indexes that are done.
        release: pods whose finalizer may be taken away once this is written.
    """

    succeeded: int
    failed: int
    uncounted_succeeded: tuple[str, ...]
    uncounted_failed: tuple[str, ...]
    completed: frozenset[int] = frozenset()
    release: tuple[Object, ...] = ()

    @property
    def total_succeeded(self) -> int:
        """How many pods, or indexes, have succeeded."""
        return self.succeeded + len(self.uncounted_succeeded)

    @property
    def total_failed(self) -> int:
        """How many pods have failed."""
        return self.failed + len(self.uncounted_failed)

    @property
    def settled(self) -> bool:
        """Whether nothing waits to be counted."""
        return not self.release and not self.uncounted_succeeded and not self.uncounted_failed


def account(job: Object, pods: Sequence[Object], *, complete: bool) -> Account:
    """Return the Job's account brought up to date.

    Args:
        job: as it was written last.
        pods: those that it controls, as far as the cache shows.
        complete: whether the cache certainly shows every pod that was there when the Job was
            written; if not, a pod that is not in it is not taken for gone.
    """
    status: Object = job.get("status") or {}
    uncounted: Mapping[str, Sequence[str]] = status.get("uncountedTerminatedPods") or {}
    untracked = {uid_of(pod) for pod in pods if not is_tracked(pod)}
    tracked = {uid_of(pod) for pod in pods if is_tracked(pod)}

    def gone(uid: str) -> bool:
        return uid in untracked or (complete and uid not in tracked)

    noted_succeeded: Sequence[str] = uncounted.get("succeeded") or ()
    noted_failed: Sequence[str] = uncounted.get("failed") or ()
    succeeded = [uid for uid in noted_succeeded if not gone(uid)]
    failed = [uid for uid in noted_failed if not gone(uid)]
    completed = set(parse_indexes(status.get("completedIndexes") or ""))
    indexed = field(job, "spec", "completionMode") == "Indexed"
    release: list[Object] = []
    for pod in pods:
        uid = uid_of(pod)
        if not is_tracked(pod):
            continue
        if uid in succeeded or uid in failed:
            release.append(pod)
        elif phase_of(pod) == "Succeeded" and indexed:
            index = completion_index(pod)
            if index is not None and index < (field(job, "spec", "completions") or 0):
                completed.add(index)
            release.append(pod)
        elif len(succeeded) + len(failed) >= UNCOUNTED_MAX:
            continue
        elif phase_of(pod) == "Succeeded":
            succeeded.append(uid)
            release.append(pod)
        elif is_failed(pod):
            failed.append(uid)
            release.append(pod)
    counted: int = status.get("succeeded") or 0
    lost: int = status.get("failed") or 0
    return Account(
        succeeded=len(completed) if indexed else counted + len(noted_succeeded)
        - sum(uid in succeeded for uid in noted_succeeded),
        failed=lost + len(noted_failed) - sum(uid in failed for uid in noted_failed),
        uncounted_succeeded=tuple(succeeded),
        uncounted_failed=tuple(failed),
        completed=frozenset(completed),
        release=tuple(release),
    )  # fmt: skip
