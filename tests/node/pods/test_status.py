"""What is said of a pod; and that nothing is taken back."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from kactors.api.meta import get_condition
from kactors.api.objects import Object
from kactors.node.pods.container_status import LOST, Waiting
from kactors.node.pods.containers import PodRuntime
from kactors.node.pods.probes import ProbeResult
from kactors.node.pods.status import Failure, generate_pod_status
from kactors.node.runtime.face import ProbeKind
from tests.node.objects import EPOCH_NS, container, pod
from tests.node.pods.runtime_view import SECOND, start, view

INIT = [container("one"), container("side", restartPolicy="Always")]


def status(one: Object, runtime: PodRuntime, *, later: int = 0, **more: Any) -> Object:
    """Return what is said of a pod."""
    more.setdefault("old", {})
    now_ns = EPOCH_NS + later * SECOND
    probes = more.pop("probes", {})
    return generate_pod_status(one, runtime, probes, now_ns=now_ns, host_ip="1.2.3.4", **more)


def conditions(found: Object) -> dict[str, str]:
    """Return the status of each condition."""
    return {each["type"]: each["status"] for each in found["conditions"]}


def test_a_pod_that_was_just_bound_is_pending() -> None:
    """Nothing is there, and why is said of each container."""
    found = status(pod(), PodRuntime())
    assert found["phase"] == "Pending"
    assert found["containerStatuses"][0]["state"] == {"waiting": {"reason": "ContainerCreating"}}
    assert set(conditions(found).values()) == {"False", "True"}
    assert conditions(found)["Initialized"] == "True"
    assert "podIP" not in found
    with_init = status(pod(initContainers=INIT), PodRuntime())
    waiting = with_init["containerStatuses"][0]["state"]["waiting"]
    assert waiting == {"reason": "PodInitializing"}
    condition = get_condition({"status": with_init}, "Initialized")
    assert condition is not None
    assert condition["message"] == "containers with incomplete status: [one side]"


def test_a_pod_that_runs_and_answers_is_ready() -> None:
    """With an address, and the times at which conditions changed, not later ones."""
    one = pod(containers=[container(readinessProbe={})], metadata={"generation": 2})
    unready = status(one, view(start("main")))
    assert (unready["phase"], conditions(unready)["Ready"]) == ("Running", "False")
    good = {("main-0", ProbeKind.READINESS): ProbeResult.SUCCESS}
    found = status(one, view(start("main")), old=unready, later=5, probes=good)
    assert conditions(found)["Ready"] == conditions(found)["ContainersReady"] == "True"
    assert (found["podIP"], found["hostIP"], found["observedGeneration"]) == (
        "10.1.2.3",
        "1.2.3.4",
        2,
    )
    times = {each["type"]: each["lastTransitionTime"][-3:] for each in found["conditions"]}
    assert times == {"PodReadyToStartContainers": "20Z", "Initialized": "20Z", "Ready": "25Z",
                     "ContainersReady": "25Z"}  # fmt: skip
    assert found["startTime"] == unready["startTime"]


def test_conditions_of_others_are_kept_and_gates_are_heeded() -> None:
    """The scheduler's, and those of readiness gates."""
    one = pod(readinessGates=[{"conditionType": "example.com/up"}])
    old = {"conditions": [{"type": "PodScheduled", "status": "True"}]}
    found = status(one, view(start("main")), old=old)
    assert conditions(found)["PodScheduled"] == "True"
    assert (conditions(found)["Ready"], conditions(found)["ContainersReady"]) == ("False", "True")
    old["conditions"].append({"type": "example.com/up", "status": "True"})
    assert conditions(status(one, view(start("main")), old=old))["Ready"] == "True"


def test_a_crash_loop_waits_and_counts() -> None:
    """The pod is Running for all that."""
    starts = (start("main", 0, exit_code=1), start("main", 1, exit_code=2))
    waiting = {"main": Waiting("CrashLoopBackOff", "back-off 10s")}
    found = status(pod(), view(*starts), waiting=waiting)
    (main,) = found["containerStatuses"]
    assert main["state"]["waiting"] == {"reason": "CrashLoopBackOff", "message": "back-off 10s"}
    assert main["lastState"]["terminated"]["exitCode"] == 2
    assert (main["restartCount"], found["phase"]) == (1, "Running")
    found = status(pod(), view(*starts, start("main", 2)))
    (main,) = found["containerStatuses"]
    assert main["lastState"]["terminated"]["exitCode"] == 2
    assert "running" in main["state"]


def test_how_pods_end() -> None:
    """By their restart policy and the exit codes."""
    for policy, code, over, phase in (
        ("Never", 0, False, "Succeeded"),
        ("Never", 1, False, "Failed"),
        ("OnFailure", 1, False, "Running"),
        ("OnFailure", 0, False, "Succeeded"),
        ("Always", 0, False, "Running"),
        ("Always", 0, True, "Succeeded"),
        ("Always", 137, True, "Failed"),
        ("OnFailure", 1, True, "Failed"),
    ):
        ended = view(start("main", exit_code=code))
        found = status(pod(restartPolicy=policy), ended, over=over)
        assert found["phase"] == phase, (policy, code, over)
    never_ran = status(pod(), PodRuntime(), over=True)
    assert never_ran["phase"] == "Failed"


def test_a_failed_init_container_fails_the_pod_or_is_tried_again() -> None:
    """By the restart policy."""
    failed = view(start("one", exit_code=1))
    assert status(pod(initContainers=INIT, restartPolicy="Never"), failed)["phase"] == "Failed"
    assert status(pod(initContainers=INIT), failed)["phase"] == "Pending"


def test_containers_that_are_gone_with_their_host_were_lost() -> None:
    """They are started anew, or have failed; the count goes on from what was said."""
    running = status(pod(), view(start("main", 3)))
    found = status(pod(), PodRuntime(), old=running)
    (main,) = found["containerStatuses"]
    assert main["lastState"]["terminated"]["reason"] == LOST
    assert "waiting" in main["state"]
    assert (main["restartCount"], found["phase"]) == (3, "Running")
    again = status(pod(), PodRuntime(), old=found)
    assert again["containerStatuses"] == found["containerStatuses"]
    job = pod(restartPolicy="Never")
    failed = status(job, PodRuntime(), old=status(job, view(start("main"))))
    assert failed["phase"] == "Failed"
    assert failed["containerStatuses"][0]["state"]["terminated"]["exitCode"] == 137


def test_a_failure_says_why_and_stays() -> None:
    """Whatever the containers do."""
    why = Failure("Evicted", "The node was low on resource: memory.")
    found = status(pod(), view(start("main")), failure=why)
    assert (found["phase"], found["reason"]) == ("Failed", "Evicted")
    later = status(pod(), view(start("main")), old=found)
    assert (later["phase"], later["reason"]) == ("Failed", "Evicted")


steps = st.lists(
    st.tuples(st.sampled_from(["none", "running", "ended", "failed"]), st.booleans()), max_size=8
)


@given(steps, st.sampled_from(["Always", "OnFailure", "Never"]))
def test_a_pod_that_has_ended_never_comes_back(drawn: list[tuple[str, bool]], policy: str) -> None:
    """Whatever a runtime says afterwards; and it is ready only while it runs."""
    one = pod(restartPolicy=policy)
    old: Object = {}
    for number, (what, over) in enumerate(drawn):
        codes = {"running": None, "ended": 0, "failed": 1}
        runtime = (
            view(start("main", number, exit_code=codes[what])) if what in codes else PodRuntime()
        )
        found = status(one, runtime, old=old, later=number, over=over and what != "running")
        if old.get("phase") in {"Succeeded", "Failed"}:
            assert found["phase"] == old["phase"]
        if conditions(found)["Ready"] == "True":
            assert what == "running"
        assert found["startTime"] == status(one, PodRuntime())["startTime"]
        old = found
