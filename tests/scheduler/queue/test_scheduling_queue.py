"""Which pod is tried next, and when again."""

import attrs
from hypothesis import given, settings
from hypothesis import strategies as st

from kactors.scheduler.config import SchedulerConfig
from kactors.scheduler.framework.cluster_event import (
    Action,
    ClusterEvent,
    EventResource,
    Hint,
    PluginEvent,
)
from kactors.scheduler.plugins.priority_sort import PrioritySort
from kactors.scheduler.plugins.scheduling_gates import SchedulingGates
from kactors.scheduler.pod_info import PodInfo
from kactors.scheduler.queue.events import EVERYTHING, NODE_ADD, NODE_DELETE
from kactors.scheduler.queue.hints import Hints
from kactors.scheduler.queue.in_flight import Happening
from kactors.scheduler.queue.nominator import Nominator
from kactors.scheduler.queue.queued_pod import QueuedPod
from kactors.scheduler.queue.scheduling_queue import Pending, SchedulingQueue
from tests.scheduler.making import info

SECOND = 1_000_000_000
FITS = frozenset({"Fit"})


def queue(hint: Hint | None = None) -> SchedulingQueue:
    """Return a queue with a plugin ``Fit`` that wants to hear of new nodes."""
    gates = SchedulingGates()
    wanted = ClusterEvent(EventResource.NODE, Action.ADD)
    decide = None if hint is None else lambda _pod, _old, _new: hint
    events = [("Fit", PluginEvent(wanted, decide))]
    events += [(gates.name, event) for event in gates.events_to_register()]
    return SchedulingQueue(
        sort=PrioritySort(),
        pre_enqueue={"default-scheduler": [gates]},
        hints=Hints({"default-scheduler": events}),
        nominator=Nominator(),
        config=SchedulerConfig(),
    )


def popped(queue: SchedulingQueue, now_ns: int = 0) -> QueuedPod:
    """Pop a pod that must be there."""
    found = queue.pop(now_ns)
    assert found is not None
    return found


def reject(queue: SchedulingQueue, queued: QueuedPod, now_ns: int = 0) -> None:
    """Give back a pod that ``Fit`` has refused."""
    queued.rejected_by = FITS
    queue.requeue(queued, now_ns)


def test_the_more_important_pod_first() -> None:
    """Priority decides, then how long a pod has waited."""
    pods = queue()
    pods.add(info("late"), 2)
    pods.add(info("early"), 1)
    pods.add(info("high", priority=5), 3)

    names = [popped(pods, 4).pod.name for _ in range(3)]

    assert names == ["high", "early", "late"]
    assert pods.pop(4) is None


def test_a_rejected_pod_waits_for_its_event() -> None:
    """Only an event that the rejecting plugin wants moves the pod, and then it backs off."""
    pods = queue()
    pods.add(info("p"), 0)
    reject(pods, popped(pods))

    assert pods.move_all(Happening(NODE_DELETE), 0) == 0
    assert pods.pending() == Pending(0, 0, 1, 0, 0)
    assert pods.move_all(Happening(NODE_ADD), 0) == 1

    assert pods.pending() == Pending(0, 1, 0, 0, 0)


def test_a_hint_decides() -> None:
    """A plugin that sees nothing in an event leaves the pod where it is."""
    pods = queue(Hint.SKIP)
    pods.add(info("p"), 0)
    reject(pods, popped(pods))

    assert pods.move_all(Happening(NODE_ADD), 0) == 0
    assert pods.move_all(Happening(EVERYTHING), 0) == 1


def test_backoff_doubles() -> None:
    """After the first failure a pod waits a second, then two, four, eight, and never over ten."""
    pods = queue()
    pods.add(info("p"), 0)
    now_ns = 0
    waits = []

    for _ in range(6):
        reject(pods, popped(pods, now_ns), now_ns)
        pods.move_all(Happening(NODE_ADD), now_ns)
        ready_ns = pods.next_flush_ns()
        assert ready_ns is not None
        # Windows are a second wide: the backoff ends with the window in which it would.
        waits.append((ready_ns - now_ns) // SECOND - 1)
        now_ns = ready_ns

    assert waits == [1, 2, 4, 8, 10, 10]


def test_a_pod_in_backoff_is_better_than_nothing() -> None:
    """With nothing else to do a pod is tried before its backoff is over."""
    pods = queue()
    pods.add(info("p"), 0)
    reject(pods, popped(pods))
    pods.move_all(Happening(NODE_ADD), 0)

    assert pods.has_ready
    assert popped(pods).attempts == 2


def test_a_pod_with_an_error_is_not_tried_early() -> None:
    """An attempt that ended in an error is repeated, but after its backoff."""
    pods = queue()
    pods.add(info("p"), 0)
    failed = popped(pods)

    pods.requeue(failed, 0)

    assert failed.error_count == 1
    assert pods.pop(SECOND) is None
    assert popped(pods, 2 * SECOND) is failed


def test_an_error_is_forgotten_after_a_rejection() -> None:
    """Errors count only while they follow each other: then a pod is again tried early."""
    pods = queue()
    pods.add(info("p"), 0)
    pods.requeue(popped(pods), 0)
    tried = popped(pods, 10 * SECOND)

    reject(pods, tried, 10 * SECOND)
    pods.move_all(Happening(NODE_ADD), 10 * SECOND)

    assert (tried.error_count, tried.unschedulable_count) == (0, 1)
    assert popped(pods, 10 * SECOND) is tried


def test_backoffs_end_with_their_windows() -> None:
    """A backoff of a second that began at 0.2 s is over at 2 s, when the window of 1.2 s is."""
    for now_ns, active in ((2 * SECOND - 1, 0), (2 * SECOND, 1)):
        pods = queue()
        pods.add(info("p"), 0)
        reject(pods, popped(pods), SECOND // 5)

        pods.move_all(Happening(NODE_ADD), now_ns)

        assert pods.pending().active == active


def test_an_event_during_the_attempt_is_not_lost() -> None:
    """What happened while the pod was tried counts when the attempt fails."""
    pods = queue()
    pods.add(info("p"), 0)
    tried = popped(pods)

    pods.move_all(Happening(NODE_ADD), 0)
    reject(pods, tried)

    assert pods.pending().backoff == 1


def test_a_pod_that_waits_for_a_plugin_comes_back_at_once() -> None:
    """A pod that a plugin let pend skips the backoff when that plugin's event comes."""
    pods = queue()
    pods.add(info("p"), 0)
    tried = popped(pods)
    tried.pending_by = FITS

    pods.requeue(tried, 0)
    pods.move_all(Happening(NODE_ADD), 0)

    assert pods.pending() == Pending(1, 0, 0, 0, 0)


def test_gates() -> None:
    """A gated pod is in no queue until its last gate is gone."""
    pods = queue()
    gated = info("p", schedulingGates=[{"name": "a"}])
    pods.add(gated, 0)
    assert pods.pending().gated == 1
    assert pods.move_all(Happening(EVERYTHING), 0) == 0

    pods.update(info("p"), 1)

    assert pods.pending() == Pending(1, 0, 0, 0, 0)


def test_unschedulable_pods_are_tried_again_in_the_end() -> None:
    """After five minutes a pod is tried even though nothing has happened."""
    pods = queue()
    pods.add(info("p"), 0)
    reject(pods, popped(pods))

    assert pods.pop(290 * SECOND) is None

    assert popped(pods, 331 * SECOND).pod.name == "p"


def test_updates_keep_a_pod_where_it_is() -> None:
    """A change that no plugin cares for is noted, wherever the pod is."""
    pods = queue()
    pods.add(info("p"), 0)
    newer = info("p", metadata={"annotations": {"x": "1"}})
    pods.update(newer, 1)
    tried = popped(pods)
    assert tried.pod is newer

    again = info("p", metadata={"annotations": {"x": "2"}})
    pods.update(again, 2)
    reject(pods, tried)
    latest = info("p", metadata={"annotations": {"x": "3"}})
    pods.update(latest, 3)

    assert pods.pending() == Pending(0, 0, 1, 0, 0)
    pods.back_off(latest.uid, 3)
    assert popped(pods, 5 * SECOND).pod is latest


def test_what_went_wrong_after_an_attempt_is_an_error_of_the_pod() -> None:
    """It is tried again after a backoff that nothing shortens, from wherever it waits."""
    pods = queue()
    pods.add(info("p"), 0)
    reject(pods, popped(pods))
    for now_ns in (SECOND, 5 * SECOND):
        pods.back_off("default-p", now_ns)
        assert pods.pop(now_ns) is None
    tried = popped(pods, 20 * SECOND)
    pods.back_off("default-p", 20 * SECOND)  # under way, so whoever tries it knows better
    assert tried.error_count == 2
    assert pods.pop(60 * SECOND) is None


def test_a_deleted_pod_is_nowhere() -> None:
    """Wherever it was, it is not tried any more, and giving it back changes nothing."""
    pods = queue()
    pods.add(info("p"), 0)
    tried = popped(pods)

    pods.delete(tried.pod.uid)
    reject(pods, tried)

    assert len(pods) == 0
    assert tried.pod.uid not in pods


def test_nominations_follow_the_pod() -> None:
    """A pod is nominated as its status says, or as the last attempt decided."""
    nominator = Nominator()
    pod = info("p", status={"nominatedNodeName": "n1"})
    nominator.nominate(pod)
    assert [each.name for each in nominator.pods_of("n1")] == ["p"]

    nominator.update(info("p"))
    assert nominator.node_of(pod.uid) == "n1"
    nominator.nominate(pod, "n2")
    assert list(nominator.nodes()) == ["n2"]

    nominator.withdraw(pod.uid)
    assert not nominator


def test_a_profile_without_rejecting_plugin_moves_on_everything() -> None:
    """A pod of which nobody knows why it failed is moved by any event."""
    hints = Hints({})
    unknown = QueuedPod(PodInfo.of(info("p").pod), 0, 0)

    assert hints.strategy(unknown, Happening(NODE_DELETE)).name == "AFTER_BACKOFF"


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["add", "update", "gate", "delete", "pop", "reject", "error", "done",
                         "node", "everything", "wait"]),
        st.integers(0, 4),
    ),
    max_size=60,
)  # fmt: skip


@settings(max_examples=150)
@given(STEPS)
def test_no_pod_is_lost(steps: list[tuple[str, int]]) -> None:
    """Whatever happens, a pod is in one place until it is done or deleted, and tried in the end."""
    pods, now_ns = queue(), 0
    alive: dict[str, None] = {}
    tried: list[QueuedPod] = []

    for what, number in steps:
        gates = [{"name": "g"}] if what == "gate" else []
        pod = info(f"p{number}", priority=number % 2, schedulingGates=gates)
        flying = [each for each in tried if each.pod.uid == pod.uid]
        match what:
            case "gate" if pod.uid in alive:
                pass  # Gates can be taken away, and not be added.
            case "add" | "update" | "gate":
                pods.update(pod, now_ns)
                alive[pod.uid] = None
            case "delete":
                pods.delete(pod.uid)
                alive.pop(pod.uid, None)
                tried = [each for each in tried if each not in flying]
            case "pop":
                found = pods.pop(now_ns)
                tried += [found] if found else []
            case "reject" | "error" | "done" if flying:
                tried.remove(flying[0])
                if what == "done":
                    pods.done(pod.uid)
                    alive.pop(pod.uid)
                else:
                    flying[0].rejected_by = FITS if what == "reject" else frozenset()
                    pods.requeue(flying[0], now_ns)
            case "node":
                pods.move_all(Happening(NODE_ADD), now_ns)
            case "everything":
                pods.move_all(Happening(EVERYTHING), now_ns)
            case "wait":
                now_ns += number * SECOND
        places = pods.pending()
        assert len(pods) == len(alive) == sum(attrs.astuple(places))
        assert all(uid in pods for uid in alive)
        assert places.in_flight == len(tried)

    now_ns += 400 * SECOND
    waiting = len(alive) - len(tried) - pods.pending().gated
    for _ in range(waiting):
        found = pods.pop(now_ns) or pods.pop(now_ns + 400 * SECOND)
        assert found is not None
        assert found.pod.uid in alive
