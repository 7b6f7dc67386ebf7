"""The line in which a pod is summed up."""

from typing import Any

import pytest

from kactors.api.objects import Object
from kactors.api.printers.columns import Column
from kactors.api.printers.pods import POD
from kactors.api.times import format_time

NOW = 2_000_000_000 * 10**9
CELLS = {column.title: column for column in POD}
RUNNING: Object = {"running": {}}
PULLING: Object = {"waiting": {"reason": "ImagePullBackOff"}}
GATED: Object = {"type": "PodScheduled", "reason": "SchedulingGated"}


def container(name: str, state: Object, **more: Any) -> Object:
    """Return the status of a container."""
    return {"name": name, "state": state, "ready": "running" in state, "restartCount": 0, **more}


def ended(reason: str = "", code: int = 0, **more: Any) -> Object:
    """Return the state of a container that has ended."""
    return {"terminated": {"exitCode": code, **({"reason": reason} if reason else {}), **more}}


def pod(*statuses: Object, phase: str = "Running", **more: Any) -> Object:
    """Return a pod with containers of these statuses."""
    names = [each["name"] for each in statuses] or ["main"]
    return {
        "metadata": {"name": "web", "creationTimestamp": format_time(NOW - 90 * 10**9)},
        "spec": {"containers": [{"name": name} for name in names]},
        "status": {"phase": phase, "containerStatuses": list(statuses), **more},
    }


def cells(found: Object, *titles: str) -> list[str]:
    """Return some cells of a pod's line."""
    chosen: list[Column] = [CELLS[title] for title in titles]
    return [column.cell(found, NOW) for column in chosen]


@pytest.mark.parametrize(
    ("found", "ready", "state"),
    [
        (pod(phase="Pending"), "0/1", "Pending"),
        (pod(container("a", RUNNING), container("b", RUNNING)), "2/2", "Running"),
        (pod(container("a", RUNNING), container("b", ended("Completed"))), "1/2", "NotReady"),
        (pod(container("a", PULLING)), "0/1", "ImagePullBackOff"),
        (pod(container("a", ended("Completed")), phase="Succeeded"), "0/1", "Completed"),
        (pod(container("a", ended(code=3)), phase="Failed"), "0/1", "ExitCode:3"),
        (pod(container("a", ended(code=137, signal=9)), phase="Failed"), "0/1", "Signal:9"),
        (pod(phase="Failed", reason="Evicted"), "0/1", "Evicted"),
        (pod(phase="Pending", conditions=[GATED]), "0/1", "SchedulingGated"),
    ],
)
def test_ready_and_state(found: Object, ready: str, state: str) -> None:
    """The word is that of the container that needs attention, if one does."""
    assert cells(found, "READY", "STATUS") == [ready, state]


@pytest.mark.parametrize(
    ("state", "word"),
    [
        (RUNNING, "Init:0/1"),
        ({"waiting": {"reason": "PodInitializing"}}, "Init:0/1"),
        ({"waiting": {"reason": "CrashLoopBackOff"}}, "Init:CrashLoopBackOff"),
        (ended("Error", 1), "Init:Error"),
        (ended(code=2), "Init:ExitCode:2"),
        (ended(), "Pending"),
    ],
)
def test_initialising(state: Object, word: str) -> None:
    """An init container that has not done its work is what the pod waits for."""
    found = pod(phase="Pending", initContainerStatuses=[container("setup", state)])
    found["spec"]["initContainers"] = [{"name": "setup"}]
    assert cells(found, "READY", "STATUS") == ["0/1", word]


def test_sidecars_count() -> None:
    """An init container that goes on is one of the pod's containers, and its restarts count."""
    sidecar = container("proxy", RUNNING, started=True, restartCount=2)
    found = pod(container("main", RUNNING), initContainerStatuses=[sidecar])
    found["spec"]["initContainers"] = [{"name": "proxy", "restartPolicy": "Always"}]
    assert cells(found, "READY", "STATUS", "RESTARTS") == ["2/2", "Running", "2"]


def test_restarts_say_when() -> None:
    """The latest of them, if it is known."""
    last = {"terminated": {"finishedAt": format_time(NOW - 300 * 10**9)}}
    found = pod(container("a", RUNNING, restartCount=3, lastState=last))
    assert cells(found, "RESTARTS", "AGE") == ["3 (5m ago)", "90s"]


def test_pods_that_go() -> None:
    """A pod that is being deleted says so until it has ended; of a lost node nobody knows."""
    going = pod(container("a", RUNNING))
    going["metadata"]["deletionTimestamp"] = format_time(NOW)
    assert cells(going, "STATUS") == ["Terminating"]
    going["status"]["reason"] = "NodeLost"
    assert cells(going, "STATUS") == ["Unknown"]
    going["status"] = {"phase": "Succeeded"}
    assert cells(going, "STATUS") == ["Succeeded"]


def test_wide_cells() -> None:
    """What is not there is said not to be there."""
    found = pod(container("a", RUNNING), podIP="10.0.1.2")
    assert cells(found, "IP", "NODE", "READINESS GATES") == ["10.0.1.2", "<none>", "<none>"]
    found["spec"] |= {"nodeName": "n1", "readinessGates": [{"conditionType": "lb"}]}
    assert cells(found, "NODE", "READINESS GATES") == ["n1", "0/1"]
