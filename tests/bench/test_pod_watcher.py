"""What an informer of pods tells."""

from functools import partial
from itertools import count

from kactors.api.objects import Object
from kactors.bench.pod_watcher import PodWatcher
from kactors.bench.progress import silent
from kactors.bench.record import Record
from kactors.bench.throughput import Throughput
from kactors.runtime import open_nursery, sim, sleep
from tests.bench.objects import pod, workload


def watching() -> tuple[PodWatcher, Record]:
    """Return a watcher of the namespace default, whose clock goes on with each look."""
    record = Record(workload(), "end-to-end", throughput=Throughput(0))
    watcher = PodWatcher(record, silent, partial(next, count(1)))
    watcher.measured = "default"
    return watcher, record


def with_condition(obj: Object, kind: str) -> Object:
    """Return a pod with a condition."""
    return {**obj, "status": {"conditions": [{"type": kind, "status": "False"}]}}


def test_a_pod_counts_once_when_it_is_on_a_node() -> None:
    """However often it changes after that."""
    watcher, record = watching()
    watcher.created("default/p", "default")

    watcher.on_add(pod("p"), is_in_initial_list=False)
    watcher.on_update(pod("p"), pod("p", "n1"))
    watcher.on_update(pod("p", "n1"), pod("p", "n1"))

    assert record.throughput is not None
    assert record.throughput.count == record.waits.count == 1
    assert watcher.left(()) == []


def test_an_attempt_is_seen_by_the_condition() -> None:
    """The pod has no node yet, but was tried."""
    watcher, _ = watching()
    watcher.created("default/p", "default")

    watcher.on_update(pod("p"), with_condition(pod("p"), "PodScheduled"))

    assert watcher.left((), attempted=True) == []
    assert watcher.left(("default",)) == ["default/p"]
    assert watcher.left(("other",)) == []


def test_only_those_who_had_to_make_room_are_evicted() -> None:
    """Others were deleted by somebody."""
    watcher, record = watching()
    gone = with_condition(pod("victim", "n1"), "DisruptionTarget")

    watcher.on_delete(gone, final_state_unknown=False)
    watcher.on_delete(pod("other", "n1"), final_state_unknown=False)

    assert record.evicted == [gone]


def test_waiting_ends_with_the_last_pod() -> None:
    """Also if that one is deleted."""
    watcher, _ = watching()
    for name in "abc":
        watcher.created(f"default/{name}", "default")
    done: list[str] = []

    async def wait() -> None:
        await watcher.wait(("default",))
        done.append("done")

    async def main() -> None:
        async with open_nursery() as nursery:
            nursery.start_soon(wait)
            for name in "ca":
                watcher.on_add(pod(name, "n1"), is_in_initial_list=False)
                await sleep(1)
            assert done == []
            watcher.on_delete(pod("b"), final_state_unknown=False)

    sim.run(main)
    assert done == ["done"]
