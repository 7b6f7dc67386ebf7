"""Job completions: what is counted happened, as often as was asked."""

import pytest

from kactors.api.objects import Object
from kactors.scenario.oracles.jobs import JobCompletions
from tests.scenario.oracles.stage import Stage, pod


def job(succeeded: int, *, completions: int = 2, complete: bool = False) -> Object:
    """Return a Job that counts so many."""
    status: Object = {"succeeded": succeeded}
    if complete:
        status["conditions"] = [{"type": "Complete", "status": "True"}]
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": "count", "namespace": "default", "uid": "uid-of-count"},
        "spec": {"completions": completions},
        "status": status,
    }


def done(name: str) -> Object:
    """Return a pod of the Job that has succeeded."""
    return pod(name, phase="Succeeded", owner=("Job", "count"))


@pytest.fixture
def stage() -> Stage:
    """Give a stage with a Job of two completions that have both come about."""
    made = Stage(JobCompletions)
    made.write(job(0), done("a"), done("b"), pod("c", phase="Failed", owner=("Job", "count")))
    return made


def test_a_job_that_counts_right_is_left_alone(stage: Stage) -> None:
    """Also when the pods that were counted are gone."""
    stage.delete(done("a"))
    stage.write(job(1), job(2, complete=True))

    assert stage.findings == []


@pytest.mark.parametrize(
    ("wrong", "signature"),
    [
        (job(3, completions=5), "a Job counts what was not"),
        (job(2, completions=1), "a Job completes too often"),
        (job(1, complete=True), "a Job completes too early"),
    ],
)
def test_a_wrong_count_is_objected_to(stage: Stage, wrong: Object, signature: str) -> None:
    """One that nobody has earned, one too many, one too few."""
    stage.write(wrong)

    assert stage.signatures == [signature]
    assert "job count" in stage.findings[0].text
