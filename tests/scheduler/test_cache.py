"""What the scheduler knows of nodes and pods."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kactors.scheduler.cache import Cache
from kactors.scheduler.errors import UnknownPodError
from kactors.scheduler.node_facts import NodeFacts
from kactors.scheduler.node_info import NodeInfo
from kactors.scheduler.node_tree import NodeTree
from kactors.scheduler.pod_info import PodInfo
from tests.scheduler.making import info, node


def facts(name: str, **arguments: str) -> NodeFacts:
    """Return a node's facts."""
    return NodeFacts.of(node(name, **arguments))  # type: ignore[arg-type]


def known(cache: Cache, name: str) -> NodeInfo:
    """Return a node of the cache."""
    found = cache.snapshot().get(name)
    assert found is not None
    return found


def test_assumed_pods_count() -> None:
    """A pod counts on its node from the moment that it is assumed there."""
    cache = Cache()
    cache.add_node(facts("a"))
    pod = info("p", cpu="300m").assigned_to("a")

    cache.assume(pod)

    assert cache.is_assumed(pod.uid)
    assert known(cache, "a").cpu_milli == 300
    cache.forget(pod)
    assert known(cache, "a").cpu_milli == 0
    with pytest.raises(UnknownPodError, match="not assumed"):
        cache.forget(pod)


def test_the_watch_knows_better() -> None:
    """A pod that is bound elsewhere than assumed counts where it is."""
    cache = Cache()
    cache.add_node(facts("a"))
    cache.add_node(facts("b"))
    pod = info("p")
    cache.assume(pod.assigned_to("a"))

    cache.add_pod(pod.assigned_to("b"))

    assert not known(cache, "a").pods
    assert list(known(cache, "b").pods) == [pod.uid]
    assert not cache.is_assumed(pod.uid)


def test_a_confirmation_changes_nothing() -> None:
    """Who keeps derived data has nothing to do when an assumed pod is confirmed."""
    cache = Cache()
    cache.add_node(facts("a"))
    cache.snapshot()
    cache.assume(info("p").assigned_to("a"))
    count = len(cache.changes)

    cache.add_pod(info("p").assigned_to("a"))

    assert len(cache.changes) == count == 1


def test_pods_may_come_before_their_node() -> None:
    """A pod on a node that is not known yet counts once the node is."""
    cache = Cache()
    cache.add_pod(info("p").assigned_to("a"))
    assert cache.snapshot().get("a") is None

    cache.add_node(facts("a"))

    assert len(known(cache, "a").pods) == 1
    cache.remove_node("a")
    assert len(cache.snapshot()) == 0
    assert cache.pod_count == 1
    assert cache.remove_pod(info("p").uid) is not None
    assert cache.remove_pod(info("p").uid) is None


def test_nodes_are_interleaved_by_zone() -> None:
    """A short scan sees every zone."""
    tree = NodeTree()
    for name, zone in (("a1", "a"), ("a2", "a"), ("a3", "a"), ("b1", "b"), ("c1", "c")):
        tree.add(name, zone)

    assert tree.order() == ["a1", "b1", "c1", "a2", "a3"]
    tree.remove("b1", "b")
    assert tree.order() == ["a1", "c1", "a2", "a3"]


def test_a_node_that_changes_its_zone_changes_its_place() -> None:
    """The order follows the labels."""
    cache = Cache()
    for name in ("a", "b", "c"):
        cache.add_node(facts(name, zone="one"))

    cache.update_node(facts("c", zone="two"))

    assert [each.name for each in cache.snapshot().nodes] == ["a", "c", "b"]
    assert [each.row for each in cache.snapshot().nodes] == [0, 1, 2]


def test_images_are_counted() -> None:
    """The cache knows on how many nodes an image is."""
    cache = Cache()
    one = NodeFacts.of(node("a", images={"web": 5, "db:1": 6}))
    cache.add_node(one)
    cache.add_node(NodeFacts.of(node("b", images={"web:latest": 5})))
    assert cache.images == {"web:latest": 2, "db:1": 1}

    cache.update_node(facts("a"))

    assert cache.images == {"web:latest": 1}


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["assume", "forget", "add", "remove", "node", "no node"]),
        st.integers(0, 4),
        st.sampled_from("abc"),
    ),
    max_size=40,
)


@settings(max_examples=60)
@given(STEPS)
def test_sums_are_those_of_the_pods(steps: list[tuple[str, int, str]]) -> None:
    """Whatever happens, a node's sums are what its pods ask for, and indices hold who they say."""
    cache = Cache()
    term = {"topologyKey": "zone", "labelSelector": {}}
    near = {"podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term]}}
    port = {"hostPort": 80, "containerPort": 1}
    pods = [info(f"p{number}", cpu=f"{number}00m", ports=[port] * (number == 1),
                 affinity=near if number == 2 else {}) for number in range(5)]  # fmt: skip

    for what, number, name in steps:
        pod = pods[number].assigned_to(name)
        if what == "assume" and cache.pod(pod.uid) is None:
            cache.assume(pod)
        elif what == "forget" and cache.is_assumed(pod.uid):
            cache.forget(pod)
        elif what == "add":
            cache.add_pod(pod)
        elif what == "remove":
            cache.remove_pod(pod.uid)
        elif what == "node":
            cache.add_node(facts(name))
        elif what == "no node":
            cache.remove_node(name)

    for each in cache.snapshot().nodes:
        there: list[PodInfo] = list(each.pods.values())
        assert all(cache.pod(pod.uid) is pod for pod in there)
        assert each.cpu_milli == sum(pod.needs.requests.cpu_milli for pod in there)
        assert list(each.ports()) == [port for pod in there for port in pod.needs.host_ports]
        near_pods = any(pod.needs.has_affinity for pod in there)
        assert (each.name in cache.affinity_nodes) is near_pods
    assert cache.node_count == len(cache.snapshot())
