"""Tests of Jobs: each success is counted once, whatever gets lost on the way."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from kactors.api.meta import format_time, get_condition, name_of
from kactors.api.objects import Object, replaced
from kactors.controllers.job.decisions import Plan, backoff_seconds, is_finished, plan
from kactors.controllers.job.indexes import COMPLETION_INDEX
from kactors.controllers.job.tracking import TRACKING_FINALIZER
from tests.controllers.objects import T0, at, make, pod


def job(*, restart: str = "Never", **spec: Any) -> Object:
    """Return a Job with defaults filled in."""
    wanted = {
        "parallelism": 1,
        "completions": 1,
        "backoffLimit": 6,
        "completionMode": "NonIndexed",
        "template": {"spec": {"restartPolicy": restart, "containers": []}},
        **spec,
    }
    return make("batch/v1", "Job", "work", spec=wanted, status={})


class Cluster:
    """Carries out plans, as far as it is let."""

    def __init__(self, wanted: Object) -> None:
        self.job = wanted
        self.pods: dict[str, Object] = {}
        self.seconds = 0.0
        self.started = 0
        self.succeeded: list[str] = []

    def step(self, *, status: bool = True, release: bool = True) -> Plan:
        """Make a plan and carry it out; writes of the status and of finalizers may get lost."""
        made = plan(self.job, list(self.pods.values()), at(self.seconds))
        for number in range(made.create):
            self.started += 1
            index = str(made.indexes[number]) if made.indexes else "none"
            new = pod(f"p{self.started}", phase="Pending", created=self.seconds,
                      annotations={COMPLETION_INDEX: index})  # fmt: skip
            new["metadata"]["finalizers"] = [TRACKING_FINALIZER]
            self.pods[name_of(new)] = new
        for each in made.delete:
            now = format_time(at(self.seconds))
            self.pods[name_of(each)] = replaced(each, now, "metadata", "deletionTimestamp")
        if not status:
            return made
        self.job = replaced(self.job, made.status, "status")
        if release:
            for each in made.release:
                kept = replaced(self.pods[name_of(each)], [], "metadata", "finalizers")
                self.pods[name_of(each)] = kept
        self.vanish()
        return made

    def vanish(self) -> None:
        """Let pods go that are deleted and held by nothing."""
        self.pods = {
            name: each for name, each in self.pods.items()
            if not each["metadata"].get("deletionTimestamp") or each["metadata"]["finalizers"]
        }  # fmt: skip

    def end(self, name: str, phase: str) -> None:
        """Let a pod end, if it has not; one that is being deleted was killed."""
        each = self.pods[name]
        if each["status"]["phase"] in {"Succeeded", "Failed"}:
            return
        if each["metadata"].get("deletionTimestamp"):
            phase = "Failed"
        if phase == "Succeeded":
            self.succeeded.append(name)
        self.pods[name] = replaced(each, phase, "status", "phase")

    def remove(self, name: str) -> None:
        """Delete a pod, as somebody may who does not know better."""
        each = self.pods[name]
        self.pods[name] = replaced(each, "2024-01-01T00:00:00Z", "metadata", "deletionTimestamp")
        self.vanish()

    def running(self) -> list[str]:
        """Return the names of active pods."""
        return [name for name, each in self.pods.items()
                if each["status"]["phase"] in {"Pending", "Running"}
                and not each["metadata"].get("deletionTimestamp")]  # fmt: skip

    def settle(self) -> None:
        """Go on, with everything working, until the Job is over."""
        for _ in range(300):
            self.seconds += 700
            self.step()
            if is_finished(self.job):
                return
            for name in self.running():
                self.end(name, "Succeeded")
        raise AssertionError("it is never over")

    @property
    def status(self) -> Object:
        """The Job's status."""
        found: Object = self.job["status"]
        return found


def test_a_job_of_twenty() -> None:
    """Twenty pods succeed, never more than five at a time, and each is counted once."""
    cluster = Cluster(job(completions=20, parallelism=5))
    while not is_finished(cluster.job):
        cluster.step()
        assert len(cluster.running()) <= 5
        for name in cluster.running()[:3]:
            cluster.end(name, "Succeeded")
    assert cluster.started == len(cluster.succeeded) == cluster.status["succeeded"] == 20
    assert cluster.status["uncountedTerminatedPods"] == {}
    assert cluster.status["active"] == 0
    assert (get_condition(cluster.job, "Complete") or {})["reason"] == "CompletionsReached"
    assert "completionTime" in cluster.status


events = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(["step", "lost status", "lost release"]), st.just(0)),
        st.tuples(st.sampled_from(["Succeeded", "Failed", "remove"]), st.integers(0, 7)),
    ),
    max_size=40,
)


@settings(max_examples=150)
@given(events, st.integers(1, 6), st.integers(1, 4), st.booleans())
def test_every_success_is_counted_once(
    happenings: list[tuple[str, int]], completions: int, parallelism: int, indexed: bool
) -> None:
    """Whatever fails, disappears or gets lost, the count is that of the pods that succeeded."""
    mode = "Indexed" if indexed else "NonIndexed"
    cluster = Cluster(job(completions=completions, parallelism=parallelism, backoffLimit=1000,
                          completionMode=mode))  # fmt: skip
    for what, number in happenings:
        cluster.seconds += 700
        names = sorted(cluster.pods)
        if what in {"Succeeded", "Failed"} and names:
            cluster.end(names[number % len(names)], what)
        elif what == "remove" and names:
            cluster.remove(names[number % len(names)])
        elif what in {"step", "lost status", "lost release"}:
            cluster.step(status=what != "lost status", release=what == "step")
            assert len(cluster.running()) <= parallelism
    cluster.settle()
    assert get_condition(cluster.job, "Complete")
    assert cluster.status["succeeded"] == completions
    if not indexed:
        assert len(cluster.succeeded) == completions


def test_too_many_failures() -> None:
    """Beyond the limit the Job fails, and what runs is stopped and counted as failed."""
    cluster = Cluster(job(completions=4, parallelism=2, backoffLimit=1))
    for _ in range(10):
        cluster.seconds += 700
        cluster.step()
        for name in cluster.running()[:1]:
            cluster.end(name, "Failed")
    assert (get_condition(cluster.job, "Failed") or {})["reason"] == "BackoffLimitExceeded"
    assert cluster.status["active"] == 0
    assert cluster.status["failed"] == cluster.started


def test_failures_are_followed_by_pauses() -> None:
    """Ten seconds, twenty, forty, up to ten minutes; a success forgets them."""

    def ended(phase: str, seconds: float) -> Object:
        return pod(phase=phase, created=seconds)

    failures = [ended("Failed", 0), ended("Failed", 10)]
    assert backoff_seconds(failures[:1], T0) == 10.0
    assert backoff_seconds(failures, at(15)) == 15.0
    assert backoff_seconds(failures, at(31)) == 0.0
    assert backoff_seconds([*failures, ended("Succeeded", 20)], at(20)) == 0.0
    assert backoff_seconds([ended("Failed", 0)] * 30, T0) == 600.0


def test_a_deadline_ends_a_job() -> None:
    """A Job that takes too long fails; until then it asks to be looked at in time."""
    cluster = Cluster(job(activeDeadlineSeconds=60))
    assert cluster.step().check_in == 60.0
    cluster.seconds = 61
    for _ in range(4):
        cluster.step()
    assert (get_condition(cluster.job, "Failed") or {})["reason"] == "DeadlineExceeded"


def test_a_suspended_job_rests() -> None:
    """Suspension stops the pods; resumed, the Job starts anew."""
    cluster = Cluster(job(completions=2, parallelism=2))
    cluster.step()
    cluster.job = replaced(cluster.job, True, "spec", "suspend")
    cluster.step()
    cluster.step()
    assert cluster.running() == []
    assert (get_condition(cluster.job, "Suspended") or {})["status"] == "True"
    assert "startTime" not in cluster.status
    cluster.job = replaced(cluster.job, False, "spec", "suspend")
    cluster.settle()
    assert cluster.status["succeeded"] == 2


def test_restarts_in_place_count_as_failures() -> None:
    """With OnFailure, restarted containers use up the limit."""
    cluster = Cluster(job(restart="OnFailure", backoffLimit=2))
    cluster.step()
    restarts = [{"restartCount": 3}]
    for name, each in cluster.pods.items():
        cluster.pods[name] = replaced(each, restarts, "status", "containerStatuses")
    for _ in range(4):
        cluster.step()
    assert (get_condition(cluster.job, "Failed") or {})["reason"] == "BackoffLimitExceeded"


def test_a_queue_of_work_is_done_when_one_succeeds_and_none_runs() -> None:
    """Without completions no pod is started after the first success, and the others may end."""
    cluster = Cluster(job(completions=None, parallelism=3))
    cluster.step()
    cluster.end("p1", "Succeeded")
    for _ in range(3):
        cluster.step()
    assert cluster.running() == ["p2", "p3"]
    cluster.end("p2", "Succeeded")
    cluster.end("p3", "Succeeded")
    cluster.settle()
    assert (cluster.started, cluster.status["succeeded"]) == (3, 3)


def test_a_cache_that_may_be_behind_proves_nothing() -> None:
    """A pod that is noted but not seen counts only if the cache is new enough."""
    noted = {"uncountedTerminatedPods": {"succeeded": ["x"]}, "succeeded": 1}
    old = replaced(job(completions=5), noted, "status")
    assert plan(old, [], T0, complete=False).status["succeeded"] == 1
    assert plan(old, [], T0, complete=True).status["succeeded"] == 2
