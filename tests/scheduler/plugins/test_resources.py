"""NodeResourcesFit and NodeResourcesBalancedAllocation."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kactors.api.objects import Object
from kactors.scheduler.errors import ConfigurationError
from kactors.scheduler.framework.cluster_event import Hint
from kactors.scheduler.framework.cycle_state import CycleState
from kactors.scheduler.framework.status import Code, Status
from kactors.scheduler.node_facts import NodeFacts
from kactors.scheduler.plugins.node_resources_balanced_allocation import (
    NodeResourcesBalancedAllocation,
)
from kactors.scheduler.plugins.node_resources_fit import NodeResourcesFit
from kactors.scheduler.plugins.resource_scores import (
    balance,
    least_allocated,
    most_allocated,
    strategy_of,
)
from kactors.scheduler.pod_info import PodInfo
from kactors.scheduler.resources import Resources, pod_requests
from kactors.scheduler.vector.columns import Columns
from kactors.scheduler.vector.resource_columns import balance_scores, fit_mask, fit_scores
from tests.scheduler.making import info, node, on_node


def fit(pod: PodInfo, where: Object, *others: PodInfo) -> Status | None:
    """Return what NodeResourcesFit says."""
    return NodeResourcesFit().filter(CycleState(), pod, on_node(where, *others))


def test_a_pod_fits_to_the_last_bit() -> None:
    """Exactly what is left is enough, one thousandth more is not."""
    half = info("half", cpu="2")

    assert fit(info(cpu="2"), node("n", cpu="4"), half) is None
    status = fit(info(cpu="2001m"), node("n", cpu="4"), half)

    assert status is not None
    assert (status.code, status.reasons) == (Code.UNSCHEDULABLE, ("Insufficient cpu",))


def test_what_no_empty_node_has_is_hopeless() -> None:
    """A request above what the node has at all cannot be helped by preemption."""
    status = fit(info(cpu="5", memory="1Ti"), node("n", cpu="4"))

    assert status is not None
    assert status.code is Code.UNSCHEDULABLE_AND_UNRESOLVABLE
    assert status.reasons == ("Insufficient cpu", "Insufficient memory")


def test_a_node_takes_so_many_pods() -> None:
    """A pod that asks for nothing still takes a place."""
    full = fit(info(cpu=None, memory=None), node("n", pods=1), info("other"))

    assert full is not None
    assert full.reasons == ("Too many pods",)


def test_extended_resources() -> None:
    """They are counted by name, unless the plugin is told to ignore them."""
    wants = info(requests={"example.com/gpu": "2"})
    where = node("n", more={"example.com/gpu": "1"})
    ignoring = NodeResourcesFit({"ignoredResourceGroups": ["example.com"]})

    status = fit(wants, where)
    assert status is not None
    assert status.reasons == ("Insufficient example.com/gpu",)
    assert ignoring.filter(CycleState(), wants, on_node(where)) is None


def test_init_containers_and_sidecars() -> None:
    """The largest moment counts: an init step beside sidecars, or what runs in the end."""

    def container(cpu: str, **more: Any) -> Object:
        return {"resources": {"requests": {"cpu": cpu}}, **more}

    spec = {
        "containers": [container("1"), container("500m")],
        "initContainers": [
            container("3"),
            container("250m", restartPolicy="Always"),
            container("2800m"),
        ],
        "overhead": {"cpu": "10m"},
    }

    requests, scored_cpu, scored_memory = pod_requests(spec)

    assert requests == Resources(cpu_milli=3060)
    assert scored_cpu == 3060
    assert scored_memory == 3 * 200 * 1024 * 1024


@pytest.mark.parametrize(
    ("requested", "capacity", "least", "most"),
    [(0, 100, 100, 0), (30, 100, 70, 30), (1, 3, 66, 33), (5, 4, 0, 100), (1, 0, 0, 0)],
)
def test_allocation_scores(requested: int, capacity: int, least: int, most: int) -> None:
    """They are integer percentages of what is left, or of what is used."""
    assert least_allocated(requested, capacity) == least
    assert most_allocated(requested, capacity) == most


def test_least_allocated_counts_defaults() -> None:
    """Pods that ask for nothing count a tenth of a core and 200 MiB each."""
    empty = on_node(node("n", cpu="1", memory="2000Mi"))

    score = NodeResourcesFit().score(CycleState(), info(cpu=None, memory=None), empty)

    assert score == 90


def test_a_shape_of_points() -> None:
    """RequestedToCapacityRatio is a broken line, rounded towards zero."""
    shape = [{"utilization": 0, "score": 0}, {"utilization": 50, "score": 10},
             {"utilization": 100, "score": 5}]  # fmt: skip
    strategy = strategy_of(
        {"type": "RequestedToCapacityRatio", "requestedToCapacityRatio": {"shape": shape}}
    )

    assert [strategy(used, 100) for used in (0, 25, 50, 75, 100, 101)] == [0, 50, 100, 75, 50, 50]
    with pytest.raises(ConfigurationError, match="shape"):
        strategy_of({"type": "RequestedToCapacityRatio"})
    with pytest.raises(ConfigurationError, match="LeastAllocated"):
        strategy_of({"type": "Whatever"})


def test_balance() -> None:
    """Equal fractions are worth 100, a difference of one half 75."""
    assert balance([]) == balance([0.3]) == balance([0.5, 0.5]) == 100
    assert balance([0.0, 0.5]) == 75
    assert balance([0.0, 0.5, 1.0]) == 59


def test_a_pod_that_evens_out_is_welcome() -> None:
    """About 75 is neutral; the node that the pod brings into balance gets more."""
    plugin = NodeResourcesBalancedAllocation()
    wants = info(cpu="1", memory=None)
    lopsided = on_node(node("n", cpu="4", memory="4Gi"), info("m", cpu=None, memory="1Gi"))
    empty = on_node(node("n", cpu="4", memory="4Gi"))

    assert plugin.score(CycleState(), wants, lopsided) == 81
    assert plugin.score(CycleState(), wants, empty) == 68
    assert plugin.pre_score(CycleState(), info(cpu=None, memory=None), ()) is not None


def test_hints_of_fit() -> None:
    """A node that has grown in what the pod wants is worth a try, if the pod could ever fit."""
    _, after_node = NodeResourcesFit().events_to_register()
    decide = after_node.hint
    assert decide is not None
    small, large = NodeFacts.of(node("n", cpu="1")), NodeFacts.of(node("n", cpu="2"))
    more_memory = NodeFacts.of(node("n", cpu="2", memory="64Gi"))

    assert decide(info(cpu="2", memory=None), small, large) is Hint.QUEUE
    assert decide(info(cpu="3"), small, large) is Hint.SKIP
    assert decide(info(cpu="2", memory=None), large, more_memory) is Hint.SKIP


AMOUNTS = st.integers(0, 2**40)


@given(
    st.lists(st.tuples(AMOUNTS, AMOUNTS, AMOUNTS, AMOUNTS), min_size=1, max_size=8),
    st.integers(0, 10**6),
    AMOUNTS,
    st.booleans(),
)
def test_columns_compute_what_the_plugins_do(
    nodes: list[tuple[int, int, int, int]], cpu: int, memory: int, three: bool
) -> None:
    """For any amounts, the scores of all rows at once are those of the plugins, to the last bit."""
    resources = [{"name": "cpu"}, {"name": "memory", "weight": 3}]
    if three:
        resources.append({"name": "example.com/gpu"})
    fits = NodeResourcesFit({"scoringStrategy": {"resources": resources}})
    balanced = NodeResourcesBalancedAllocation({"resources": resources})
    gpu = {"example.com/gpu": "1"}
    pod = info(cpu=f"{cpu}m", memory=str(memory), requests=gpu)
    made = []
    for number, (has_cpu, has_memory, used_cpu, used_memory) in enumerate(nodes):
        used = info(f"p{number}", cpu=f"{used_cpu}m", memory=str(used_memory))
        more = {"example.com/gpu": str(number)}
        where = node(f"n{number}", cpu=f"{has_cpu}m", memory=str(has_memory), more=more)
        made.append(on_node(where, used))
    columns, state, needs = Columns(made), CycleState(), pod.needs

    every = slice(None)
    assert fit_mask(fits, needs, columns, every).tolist() == [
        fits.filter(state, pod, each) is None for each in made
    ]
    assert fit_scores(fits, needs, columns, every).tolist() == [
        fits.score(state, pod, each) for each in made
    ]
    assert balance_scores(balanced, needs, columns, every).tolist() == [
        balanced.score(state, pod, each) for each in made
    ]
