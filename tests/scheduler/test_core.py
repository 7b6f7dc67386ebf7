"""The scheduler without its I/O: objects go in, effects come out."""

from typing import Any

import pytest

from kactors.api.objects import Object
from kactors.scheduler.config import PluginChoice, Profile, SchedulerConfig
from kactors.scheduler.core import SchedulerCore
from kactors.scheduler.effects import BindPod, EvictPod, PatchPodStatus, RecordEvent
from kactors.scheduler.errors import ConfigurationError
from kactors.scheduler.framework.cycle_state import CycleState
from kactors.scheduler.framework.plugin import PermitPlugin, QueueSortPlugin, ReservePlugin, Wait
from kactors.scheduler.framework.status import Code, Status
from kactors.scheduler.plugins.registry import default_registry
from kactors.scheduler.pod_info import PodInfo
from kactors.scheduler.queue.queued_pod import QueuedPod
from kactors.scheduler.queue.scheduling_queue import Pending
from kactors.scheduler.schedule_one import Attempt
from tests.scheduler.making import node, pod

SECOND = 1_000_000_000


class Gang(PermitPlugin, ReservePlugin):
    """Lets pods with the label ``gang`` wait, and refuses to reserve for ``cursed`` ones."""

    name = "Gang"

    def permit(self, state: CycleState, pod: PodInfo, node: str, /) -> Status | Wait | None:
        """Let it wait for ten seconds."""
        return Wait(10 * SECOND) if "gang" in pod.labels else None

    def reserve(self, state: CycleState, pod: PodInfo, node: str, /) -> Status | None:
        """Refuse the cursed."""
        refused = Status(Code.UNSCHEDULABLE, ("cursed",))
        return refused if "cursed" in pod.labels else None

    def unreserve(self, state: CycleState, pod: PodInfo, node: str, /) -> None:
        """Nothing was noted."""


def core(*nodes: Object, **arguments: Any) -> SchedulerCore:
    """Return a scheduler that knows some nodes."""
    registry = default_registry()
    registry["Gang"] = lambda _args, _handle: Gang()
    profile = Profile(multi_point=(*Profile().multi_point, PluginChoice("Gang")))
    found = SchedulerCore(SchedulerConfig(profiles=(profile,)), registry=registry, **arguments)
    for each in nodes:
        found.node_changed(None, each, 0)
    return found


def attempted(scheduler: SchedulerCore, now_ns: int = 0) -> Attempt:
    """Try a pod that must be there."""
    attempt = scheduler.schedule_one(now_ns)
    assert attempt is not None
    return attempt


@pytest.mark.parametrize("vector", [False, True])
def test_a_pod_is_assumed_bound_and_confirmed(vector: bool) -> None:
    """From the queue to its node: each step is known to the cache and the queue."""
    scheduler = core(node("n"), vector=vector)
    scheduler.pod_changed(None, pod("p"), 0)

    attempt = attempted(scheduler)

    assert attempt.binding is not None
    (bind,) = attempt.binding.effects
    assert isinstance(bind, BindPod)
    assert bind.node == "n"
    assert scheduler.cache.is_assumed(attempt.pod.uid)
    (event,) = scheduler.cycles.bound(attempt.binding)
    assert isinstance(event, RecordEvent)
    assert event.message == "Successfully assigned default/p to n"
    scheduler.pod_changed(pod("p"), pod("p", node_name="n"), 0)
    assert not scheduler.cache.is_assumed(attempt.pod.uid)
    assert scheduler.schedule_one(0) is None
    assert len(scheduler.queue) == 0


def test_a_pod_that_fits_nowhere() -> None:
    """It is told why, waits for its event, and is tried again after that."""
    scheduler = core(node("n", cpu="1"))
    scheduler.pod_changed(None, pod("p", cpu="2"), 0)

    attempt = attempted(scheduler)

    assert attempt.binding is None
    event, patch = attempt.effects
    assert isinstance(event, RecordEvent)
    assert isinstance(patch, PatchPodStatus)
    assert (patch.reason, event.reason) == ("Unschedulable", "FailedScheduling")
    assert patch.message.startswith("0/1 nodes are available: 1 Insufficient cpu. preemption: 0/1")
    scheduler.node_changed(node("n", cpu="1"), node("n", cpu="1", labels={"x": "y"}), 0)
    assert scheduler.queue.pending().unschedulable == 1
    scheduler.node_changed(node("n", cpu="1"), node("n", cpu="4"), 0)
    assert attempted(scheduler).binding is not None


def test_no_node_at_all() -> None:
    """Without nodes the message says so, and the pod is tried again without any event."""
    scheduler = core()
    scheduler.pod_changed(None, pod("p"), 0)

    _, patch = attempted(scheduler).effects

    assert isinstance(patch, PatchPodStatus)
    assert patch.message == "no nodes available to schedule pods"
    assert scheduler.queue.pending().backoff == 1


def test_a_binding_that_fails() -> None:
    """The room is free again, others may have it, and the pod is tried after its backoff."""
    scheduler = core(node("n", cpu="1"))
    scheduler.pod_changed(None, pod("p", cpu="1"), 0)
    binding = attempted(scheduler).binding
    assert binding is not None
    scheduler.pod_changed(None, pod("q", cpu="1"), 0)
    attempted(scheduler)

    effects = scheduler.cycles.binding_failed(binding, "the apiserver is away", 0)

    assert [each.reason for each in effects if isinstance(each, PatchPodStatus)] == [
        "SchedulerError"
    ]
    assert scheduler.cache.pod_count == 0
    assert attempted(scheduler, 0).pod.name == "q"


def test_preemption_and_nomination() -> None:
    """The victim is evicted, the room is kept for the pod, and it takes it when it is free."""
    scheduler = core(node("n", cpu="1"))
    small = pod("small", cpu="1", node_name="n")
    scheduler.pod_changed(None, small, 0)
    scheduler.pod_changed(None, pod("large", cpu="1", priority=10), 0)

    attempt = attempted(scheduler)

    evicted = [each.pod.name for each in attempt.effects if isinstance(each, EvictPod)]
    assert evicted == ["small"]
    assert scheduler.nominator.node_of(attempt.pod.uid) == "n"
    scheduler.pod_changed(small, None, 0)
    scheduler.pod_changed(None, pod("late", cpu="1"), 0)
    tried = [attempted(scheduler, 2 * SECOND) for _ in range(2)]
    assert [(each.pod.name, each.binding is not None) for each in tried] == [
        ("large", True),
        ("late", False),
    ]


def crowded() -> tuple[SchedulerCore, list[Object]]:
    """Return a scheduler with a node full of three pods, and an important pod that was tried."""
    scheduler = core(node("n", cpu="3"), node("m", cpu="3"))
    pods = [pod(f"{name}{number}", cpu="1", node_name=name) for name in "nm" for number in range(3)]
    for each in pods:
        scheduler.pod_changed(None, each, 0)
    scheduler.pod_changed(None, pod("large", cpu="3", priority=10), 0)
    evicted = [each.pod.uid for each in attempted(scheduler).effects if isinstance(each, EvictPod)]
    return scheduler, [each for each in pods if each["metadata"]["uid"] in evicted]


def test_a_pod_is_not_tried_while_its_victims_are_asked_to_go() -> None:
    """The first victim that is gone does not make it look for others elsewhere."""
    scheduler, victims = crowded()
    assert len(victims) == 3

    for victim in victims[:2]:
        scheduler.pod_changed(victim, None, SECOND)
        assert scheduler.schedule_one(9 * SECOND) is None
    scheduler.pod_changed(victims[2], None, 10 * SECOND)

    binding = attempted(scheduler, 12 * SECOND).binding
    assert binding is not None
    assert binding.pod.node_name == victims[0]["spec"]["nodeName"]


def test_a_preemption_that_failed() -> None:
    """A pod whose victims could not be asked to go is tried again, and asks again; not at once."""
    scheduler, _ = crowded()

    scheduler.preemption_failed("default-large", SECOND)

    assert scheduler.schedule_one(SECOND) is None
    wake_ns = scheduler.next_wake_ns()
    assert wake_ns is not None
    assert SECOND < wake_ns <= 4 * SECOND
    effects = attempted(scheduler, wake_ns).effects
    assert len([each for each in effects if isinstance(each, EvictPod)]) == 3


def test_a_nominated_pod_takes_its_node() -> None:
    """Room was made for it there, so no other node is looked at, however good; and it stays so."""
    scheduler = core(node("busy"), node("idle"), node("free"))
    for number in range(5):
        scheduler.pod_changed(None, pod(f"p{number}", node_name="busy"), 0)
    scheduler.pod_changed(None, pod("vip", status={"nominatedNodeName": "busy"}), 0)

    binding = attempted(scheduler).binding

    assert binding is not None
    assert binding.pod.node_name == "busy"
    assert scheduler.nominator.node_of(binding.pod.uid) == ""
    scheduler.cycles.binding_failed(binding, "the apiserver is away", 0)
    assert scheduler.nominator.node_of(binding.pod.uid) == "busy"


def test_permission_is_waited_for() -> None:
    """A pod that must wait is bound once it is allowed, or given up when its time is over."""
    scheduler = core(node("n"))
    for name in ("a", "b", "c"):
        scheduler.pod_changed(None, pod(name, labels={"gang": "g"}), 0)
        binding = attempted(scheduler).binding
        assert binding is not None
        assert binding.effects == ()

    allowed = scheduler.cycles.allow("default-a", "Gang", 0)

    assert allowed is not None
    assert allowed.binding is not None
    assert allowed.binding.effects
    assert scheduler.cycles.allow("default-a", "Gang", 0) is None
    rejected = scheduler.pod_changed(pod("b"), None, 0)
    assert rejected is not None
    assert rejected.effects == ()
    assert scheduler.next_wake_ns() == 10 * SECOND
    (expired,) = scheduler.cycles.expire(10 * SECOND)
    assert expired.pod.name == "c"
    assert scheduler.cache.pod_count == 1
    assert scheduler.queue.pending() == Pending(0, 0, 1, 0, 1)


def test_a_refused_reservation_leaves_nothing() -> None:
    """The pod is not assumed any more, and waits for what the plugin waits for."""
    scheduler = core(node("n"))
    scheduler.pod_changed(None, pod("p", labels={"cursed": ""}), 0)

    attempt = attempted(scheduler)

    assert attempt.binding is None
    assert scheduler.cache.pod_count == 0
    assert scheduler.queue.pending().unschedulable == 1


def near(app: str) -> Object:
    """Return the affinity of a pod that wants to be near others."""
    term = {"topologyKey": "kubernetes.io/hostname", "labelSelector": {"matchLabels": {"app": app}}}
    return {"podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term]}}


def test_a_pod_that_comes_helps_others() -> None:
    """Whoever waits for a certain pod to be near is tried again once it is somewhere."""
    scheduler = core(node("n"))
    scheduler.pod_changed(None, pod("web", affinity=near("db")), 0)
    assert attempted(scheduler).binding is None

    db = pod("db", labels={"app": "db"}, node_name="n")
    scheduler.pod_changed(None, pod("other", node_name="n"), 0)
    assert scheduler.queue.pending().unschedulable == 1
    scheduler.pod_changed(None, db, 0)

    assert attempted(scheduler, 2 * SECOND).binding is not None


def test_a_pod_that_goes_helps_others() -> None:
    """Whoever waits for room is tried again once somebody has left."""
    scheduler = core(node("n", cpu="1"))
    first = pod("first", cpu="1", node_name="n")
    scheduler.pod_changed(None, first, 0)
    scheduler.pod_changed(None, pod("second", cpu="1"), 0)
    assert attempted(scheduler).binding is None

    scheduler.pod_changed(first, None, 0)

    assert attempted(scheduler, 2 * SECOND).binding is not None


def test_a_pod_on_a_node_that_changes() -> None:
    """A new label on a pod that runs may be what another has waited for."""
    scheduler = core(node("n"))
    scheduler.pod_changed(None, pod("db", node_name="n"), 0)
    scheduler.pod_changed(None, pod("web", affinity=near("db")), 0)
    assert attempted(scheduler).binding is None

    labelled = pod("db", labels={"app": "db"}, node_name="n")
    scheduler.pod_changed(pod("db", node_name="n"), labelled, 0)

    assert attempted(scheduler, 2 * SECOND).binding is not None


def test_an_assumed_pod_is_left_alone() -> None:
    """While its binding is under way, news of a pod without a node change nothing."""
    scheduler = core(node("n"))
    scheduler.pod_changed(None, pod("p"), 0)
    binding = attempted(scheduler).binding
    assert binding is not None
    scheduler.cycles.bound(binding)

    scheduler.pod_changed(pod("p"), pod("p", metadata={"annotations": {"a": "b"}}), 0)

    assert scheduler.schedule_one(0) is None
    assert len(scheduler.queue) == 0


def test_a_deleted_pod_whose_binding_is_under_way() -> None:
    """It counts until the binding has failed, and is not tried again."""
    scheduler = core(node("n"))
    scheduler.pod_changed(None, pod("p"), 0)
    binding = attempted(scheduler).binding
    assert binding is not None

    scheduler.pod_changed(pod("p"), None, 0)
    assert scheduler.cache.pod_count == 1
    effects = scheduler.cycles.binding_failed(binding, "not found", 0)

    assert effects == ()
    assert scheduler.cache.pod_count == 0
    assert len(scheduler.queue) == 0


def test_pods_of_others_and_ended_pods() -> None:
    """Pods of another scheduler are left alone; ended pods hold nothing."""
    scheduler = core(node("n"))
    scheduler.pod_changed(None, pod("theirs", schedulerName="other"), 0)
    assert scheduler.schedule_one(0) is None

    running = pod("p", node_name="n")
    scheduler.pod_changed(None, running, 0)
    assert scheduler.cache.pod_count == 1
    scheduler.pod_changed(running, {**running, "status": {"phase": "Succeeded"}}, 0)

    assert scheduler.cache.pod_count == 0


def test_a_pod_that_is_going_is_not_tried() -> None:
    """Deletion that begins while a pod is queued ends its way there."""
    scheduler = core(node("n"))
    scheduler.pod_changed(None, pod("p"), 0)
    going = pod("p", metadata={"deletionTimestamp": "2026-01-01T00:00:00Z"})
    scheduler.pod_changed(pod("p"), going, 0)

    attempt = attempted(scheduler)

    assert (attempt.binding, attempt.effects) == (None, ())
    assert len(scheduler.queue) == 0


def test_nodes_come_and_go() -> None:
    """A node that is gone takes no pods."""
    scheduler = core(node("a"), node("b"))
    scheduler.node_changed(node("a"), None, 0)
    scheduler.pod_changed(None, pod("p"), 0)

    binding = attempted(scheduler).binding

    assert binding is not None
    assert binding.pod.node_name == "b"


def test_other_objects_are_viewed() -> None:
    """Services and their like are kept as they are now."""
    scheduler = core()
    service = {"metadata": {"name": "s", "namespace": "default"}, "spec": {}}

    scheduler.object_changed("Service", None, service)
    assert list(scheduler.view.list("Service", "default")) == [service]
    scheduler.object_changed("Service", service, None)

    assert list(scheduler.view.list("Service", "default")) == []


class Backwards(QueueSortPlugin):
    """Another order."""

    name = "Backwards"

    def sort_key(self, queued: QueuedPod, /) -> tuple[Any, ...]:
        """Return the opposite."""
        return (queued.pod.priority,)


def test_profiles_share_the_queue() -> None:
    """Two profiles that would sort it differently are refused."""
    registry = default_registry()
    registry["Backwards"] = lambda _args, _handle: Backwards()
    other = tuple(
        PluginChoice("Backwards") if each.name == "PrioritySort" else each
        for each in Profile().multi_point
    )
    profiles = (Profile(), Profile(scheduler_name="other", multi_point=other))

    with pytest.raises(ConfigurationError, match="PrioritySort, Backwards"):
        SchedulerCore(SchedulerConfig(profiles=profiles), registry=registry)
