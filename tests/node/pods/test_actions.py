"""What a pod needs next."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from kactors.api.objects import Object
from kactors.node.pods.actions import PodActions, compute_pod_actions
from kactors.node.pods.containers import PodRuntime
from kactors.node.pods.probes import ProbeResult
from kactors.node.pods.resources import is_sidecar
from kactors.node.runtime.face import ContainerStatus, ProbeKind
from tests.node.objects import container, pod
from tests.node.pods.runtime_view import sandbox, start, view

INIT = [container("one"), container("side", restartPolicy="Always"), container("two")]


def names(actions: PodActions) -> list[str]:
    """Return the names of the containers to start."""
    return [each["name"] for each in actions.start]


def test_first_a_sandbox_and_anew_when_it_is_gone() -> None:
    """A pod that has ended needs none."""
    assert compute_pod_actions(pod(), PodRuntime(), {}).create_sandbox == 0
    dead = PodRuntime.of([sandbox(ready=False)], [start("main")])
    assert compute_pod_actions(pod(), dead, {}).create_sandbox == 1
    ended = PodRuntime.of([sandbox(ready=False)], [start("main", exit_code=0)])
    assert compute_pod_actions(pod(restartPolicy="Never"), ended, {}).kill_pod


def test_init_containers_one_after_the_other_sidecars_go_on() -> None:
    """The containers come when all are through."""
    one = pod(initContainers=INIT)
    done = [start("one", exit_code=0)]
    assert names(compute_pod_actions(one, view(), {})) == ["one"]
    assert compute_pod_actions(one, view(start("one")), {}).nothing
    assert names(compute_pod_actions(one, view(*done), {})) == ["side"]
    done.append(start("side"))
    assert names(compute_pod_actions(one, view(*done), {})) == ["two"]
    done.append(start("two", exit_code=0))
    assert names(compute_pod_actions(one, view(*done), {})) == ["main"]
    dead = [start("one", exit_code=0), start("side", exit_code=1), start("main")]
    assert names(compute_pod_actions(one, view(*dead), {})) == ["side"]


def test_a_sidecar_with_a_startup_probe_holds_up_the_next() -> None:
    """Until the probe succeeds."""
    one = pod(initContainers=[container("side", restartPolicy="Always", startupProbe={})])
    runs = view(start("side"))
    assert compute_pod_actions(one, runs, {}).nothing
    started = {("side-0", ProbeKind.STARTUP): ProbeResult.SUCCESS}
    assert names(compute_pod_actions(one, runs, started)) == ["main"]


def test_a_failed_init_container_fails_a_pod_that_never_restarts() -> None:
    """Otherwise it is tried again."""
    failed = view(start("one", exit_code=1))
    assert compute_pod_actions(pod(initContainers=INIT, restartPolicy="Never"), failed, {}).kill_pod
    assert names(compute_pod_actions(pod(initContainers=INIT), failed, {})) == ["one"]


def test_a_container_that_fails_its_probe_is_killed_and_only_then_started() -> None:
    """With the message that its event has."""
    dead = {("main-0", ProbeKind.LIVENESS): ProbeResult.FAILURE}
    (kill,) = compute_pod_actions(pod(), view(start("main")), dead).kill
    assert kill.message == "Container main failed liveness probe, will be restarted"
    never = compute_pod_actions(pod(restartPolicy="Never"), view(start("main")), dead)
    assert never.kill[0].message == "Container main failed liveness probe"
    unready = {("main-0", ProbeKind.READINESS): ProbeResult.FAILURE}
    assert compute_pod_actions(pod(), view(start("main")), unready).nothing


fates = st.sampled_from([None, "running", 0, 1])


def _starts(one: Object, drawn: list[Any]) -> list[ContainerStatus]:
    specs = [*one["spec"]["initContainers"], *one["spec"]["containers"]]
    return [
        start(spec["name"], exit_code=None if fate == "running" else fate)
        for spec, fate in zip(specs, drawn, strict=True)
        if fate is not None
    ]


@given(st.lists(fates, min_size=5, max_size=5), st.sampled_from(["Always", "OnFailure", "Never"]))
def test_laws_of_the_restart_policy(drawn: list[Any], policy: str) -> None:
    """Nothing is started that runs, or has ended well without Always."""
    one = pod(
        containers=[container("a"), container("b")], initContainers=INIT, restartPolicy=policy
    )
    runtime = view(*_starts(one, drawn))
    actions = compute_pod_actions(one, runtime, {})
    assert not (actions.kill_pod and (actions.start or actions.kill))
    for each in actions.start:
        status = runtime.latest.get(each["name"])
        assert status is None or not status.running
        if status is not None and not is_sidecar(each) and each["name"] in {"a", "b"}:
            assert policy == "Always" or (policy == "OnFailure" and status.exit_code != 0)
    if actions.kill_pod and not any(status.exit_code for status in runtime.latest.values()):
        assert policy != "Always"
    begun = {"a", "b"} & {*runtime.latest}
    if {"a", "b"} & {*names(actions)} and not begun:
        for each in INIT:
            status = runtime.latest[each["name"]]
            assert status.running if is_sidecar(each) else not status.exit_code
