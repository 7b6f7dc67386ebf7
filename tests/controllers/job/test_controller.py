"""Tests of Jobs before an apiserver."""

from typing import Any

from kactors.api.codec import decode_request
from kactors.api.meta import annotations_of, get_condition, labels_of
from kactors.api.objects import Object
from kactors.controllers.job.controller import JobController
from kactors.controllers.job.decisions import is_finished
from kactors.controllers.job.indexes import COMPLETION_INDEX
from tests.controllers.cluster import ControlPlane
from tests.controllers.job.test_decisions import job


def end(plane: ControlPlane, phase: str, most: int = 100) -> None:
    """Let pods that run end."""
    for key, (body, _) in list(plane.store.objects.items()):
        if key[1] == "pods" and most:
            pod = decode_request(body)
            if (pod.get("status") or {}).get("phase", "Pending") in {"Pending", "Running"}:
                most -= 1
                plane.store.write(key, {**pod, "status": {"phase": phase}})


def run(plane: ControlPlane, wanted: Object, *phases: str, most: int = 100) -> Object:
    """Run a Job to its end; pods end as said, in turn."""
    plane.run(JobController)
    plane.create("jobs", wanted)
    turns = 0
    while not is_finished(found := plane.objects("jobs")["default/work"]):
        plane.settle(15.0)
        end(plane, phases[turns % len(phases)], most)
        turns += 1
        assert turns < 60
    plane.settle()
    return found


def tracked(plane: ControlPlane) -> list[Object]:
    """Return the pods that wait to be counted."""
    return [each for each in plane.objects("pods").values() if each["metadata"].get("finalizers")]


def status_of(plane: ControlPlane) -> Any:
    """Return the status of the Job."""
    return plane.objects("jobs")["default/work"]["status"]


def test_twenty_completions() -> None:
    """Twenty pods succeed and are counted once; no pod waits to be counted in the end."""
    with ControlPlane() as plane:
        run(plane, job(completions=20, parallelism=6), "Succeeded", most=4)
        assert status_of(plane)["succeeded"] == 20
        assert len(plane.names("pods")) == 20
        assert not any(
            each["metadata"].get("finalizers") for each in plane.objects("pods").values()
        )


def test_completions_survive_a_restart_of_the_controller() -> None:
    """The count is right if the controller starts anew in the middle, and pods are deleted."""
    with ControlPlane(seed=3) as plane:
        plane.run(JobController)
        plane.create("jobs", job(completions=8, parallelism=3))
        for turn in range(40):
            plane.settle(3.0)
            end(plane, "Succeeded", 2)
            if turn % 3 == 1:
                plane.world.hosts["kcm"].machine.crash()
                plane.world.hosts["kcm"].machine.restart()
            if turn % 4 == 2:
                names = plane.names("pods")
                plane.delete("pods", f"default/{names[0]}", gracePeriodSeconds=0)
            if is_finished(plane.objects("jobs")["default/work"]):
                break
        plane.settle()
        assert get_condition(plane.objects("jobs")["default/work"], "Complete")
        created = {each["message"] for each in plane.objects("events").values()
                   if each["reason"] == "SuccessfulCreate"}  # fmt: skip
        assert status_of(plane)["succeeded"] == 8
        assert len(created) <= 9


def test_indexes() -> None:
    """Each index succeeds once, and pods know theirs."""
    with ControlPlane() as plane:
        run(plane, job(completions=4, parallelism=2, completionMode="Indexed"), "Succeeded",
            "Failed")  # fmt: skip
        assert status_of(plane)["completedIndexes"] == "0-3"
        done = sorted(annotations_of(each)[COMPLETION_INDEX]
                      for each in plane.objects("pods").values()
                      if each["status"]["phase"] == "Succeeded")  # fmt: skip
        assert done == ["0", "1", "2", "3"]


def test_failures_end_a_job_and_a_deleted_job_frees_its_pods() -> None:
    """Beyond the limit the Job fails; pods of a Job that is gone wait for nobody."""
    with ControlPlane() as plane:
        run(plane, job(completions=2, backoffLimit=2), "Failed")
        failed = get_condition(plane.objects("jobs")["default/work"], "Failed")
        assert failed is not None
        assert failed["reason"] == "BackoffLimitExceeded"
        assert status_of(plane)["failed"] == 3
        plane.delete("jobs", "default/work")
        plane.create("jobs", job(completions=1))
        plane.settle()
        (waiting,) = tracked(plane)
        assert labels_of(waiting)["job-name"] == "work"
        plane.delete("jobs", "default/work")
        plane.settle()
        assert not any(
            each["metadata"].get("finalizers") for each in plane.objects("pods").values()
        )
