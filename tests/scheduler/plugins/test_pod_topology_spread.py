"""PodTopologySpread in its plain form."""

from typing import Any

from kactors.api.objects import Object
from kactors.scheduler.algorithm import FitError, ScalarAlgorithm
from kactors.scheduler.framework.cluster_event import Hint
from kactors.scheduler.framework.cycle_state import CycleState
from kactors.scheduler.plugins.pod_topology_spread import PodTopologySpread, nearest
from kactors.scheduler.pod_info import PodInfo
from tests.scheduler.making import HOSTNAME, ZONE, Surroundings, info, node

WEB = {"app": "web"}


def constraint(key: str = ZONE, **more: Any) -> Object:
    """Return a hard constraint over web pods."""
    return {
        "topologyKey": key,
        "maxSkew": 1,
        "whenUnsatisfiable": "DoNotSchedule",
        "labelSelector": {"matchLabels": WEB},
        **more,
    }


def web(name: str = "new", **more: Any) -> PodInfo:
    """Return a web pod."""
    return info(name, labels=WEB, **more)


def feasible(around: Surroundings, pod: PodInfo) -> list[str]:
    """Return the nodes that will do, sorted."""
    try:
        ranking = ScalarAlgorithm().rank(
            around.framework(), CycleState(), pod, around.cache.snapshot()
        )
    except FitError:
        return []
    return sorted(ranking.totals)


def zones(*counts: int) -> Surroundings:
    """Return one node in each of some zones, with so many web pods each."""
    around = Surroundings()
    for number, count in enumerate(counts):
        around.add_nodes(node(f"n{number}", zone=f"z{number}"))
        around.place(f"n{number}", *(web(f"p{number}-{index}") for index in range(count)))
    return around


def test_no_domain_gets_too_far_ahead() -> None:
    """A pod goes where the domain has no more than maxSkew over the emptiest one."""
    pod = web(topologySpreadConstraints=[constraint()])

    assert feasible(zones(1, 0, 1), pod) == ["n1"]
    assert feasible(zones(1, 1, 1), pod) == ["n0", "n1", "n2"]
    wide = web(topologySpreadConstraints=[constraint(maxSkew=2)])
    assert feasible(zones(2, 1, 0), wide) == ["n1", "n2"]


def test_pods_that_do_not_match_themselves() -> None:
    """A pod that its own selector does not count may go where the skew is just reached."""
    pod = info("new", labels={"app": "db"}, topologySpreadConstraints=[constraint()])

    assert feasible(zones(1, 0, 2), pod) == ["n0", "n1"]


def test_nodes_without_the_key_are_out() -> None:
    """A node in no domain cannot take the pod, and no preemption helps."""
    around = zones(0)
    around.add_nodes(node("nowhere"))
    pod = web(topologySpreadConstraints=[constraint()])

    assert feasible(around, pod) == ["n0"]


def test_min_domains() -> None:
    """With fewer domains than wanted, the emptiest counts as empty."""
    pod = web(topologySpreadConstraints=[constraint(minDomains=3)])

    assert feasible(zones(1, 1), pod) == []
    assert feasible(zones(1, 1, 1), pod) == ["n0", "n1", "n2"]


def test_inclusion_policies() -> None:
    """Nodes that the pod cannot run on count, or not, as the constraint says."""
    around = zones(1)
    taint = {"key": "kept", "effect": "NoSchedule"}
    around.add_nodes(node("tainted", zone="empty", taints=[taint]))

    ignoring = web(topologySpreadConstraints=[constraint()])
    honouring = web(topologySpreadConstraints=[constraint(nodeTaintsPolicy="Honor")])

    assert feasible(around, ignoring) == []
    assert feasible(around, honouring) == ["n0"]


def test_match_label_keys() -> None:
    """Only pods with the same values of these labels are counted."""
    around = zones(0, 0)
    around.place("n0", info("old", labels={**WEB, "hash": "1"}))
    more = {"topologySpreadConstraints": [constraint(matchLabelKeys=["hash"])]}

    assert feasible(around, info("a", labels={**WEB, "hash": "1"}, **more)) == ["n1"]
    assert feasible(around, info("b", labels={**WEB, "hash": "2"}, **more)) == ["n0", "n1"]


def test_ending_pods_do_not_count() -> None:
    """A pod that is being deleted is as good as gone."""
    around = zones(0, 0)
    ending = web("old", metadata={"deletionTimestamp": "2026-01-01T00:00:00Z"})
    around.place("n0", ending)

    assert feasible(around, web(topologySpreadConstraints=[constraint()])) == ["n0", "n1"]


def test_soft_constraints_prefer_the_emptier() -> None:
    """The least crowded domain is worth 100; the weight grows with the number of domains."""
    around = zones(2, 0, 1)
    framework, state = around.framework(), CycleState()
    plugin = framework.plugins.get("PodTopologySpread")
    assert isinstance(plugin, PodTopologySpread)
    soft = constraint(whenUnsatisfiable="ScheduleAnyway")
    pod, nodes = web(topologySpreadConstraints=[soft]), around.cache.snapshot().nodes

    assert plugin.pre_score(state, pod, nodes) is None
    scores = [plugin.score(state, pod, each) for each in nodes]

    assert scores == [3, 0, 2]  # counts times the logarithm of five, rounded
    assert plugin.normalize_scores(state, pod, nodes, scores) == [0, 100, 33]


def test_system_defaults_need_an_owner() -> None:
    """Pods of a Service or a ReplicaSet are spread by default, single pods are not."""
    around = zones(1, 0)
    framework, nodes = around.framework(), around.cache.snapshot().nodes
    plugin = framework.plugins.get("PodTopologySpread")
    assert isinstance(plugin, PodTopologySpread)
    assert plugin.pre_score(CycleState(), web(), nodes) is not None

    service = {"metadata": {"name": "s", "namespace": "default"}, "spec": {"selector": WEB}}
    around.view.put("Service", service)

    assert plugin.pre_score(CycleState(), web(), nodes) is None
    assert [rule.constraint.topology_key for rule in plugin.rules(web(), hard=False)] == [
        HOSTNAME,
        ZONE,
    ]
    around.view.remove("Service", service)
    assert plugin.rules(web(), hard=False) == ()


def test_default_constraints_of_a_profile() -> None:
    """A profile's own defaults take the place of the system's."""
    around = zones(1, 0)
    service = {"metadata": {"name": "s", "namespace": "default"}, "spec": {"selector": WEB}}
    around.view.put("Service", service)
    default = {name: value for name, value in constraint().items() if name != "labelSelector"}
    handle = around.framework().handle
    plugin = PodTopologySpread({"defaultingType": "List", "defaultConstraints": [default]}, handle)

    rules = plugin.rules(web(), hard=True)

    assert [rule.selector.matches(WEB) for rule in rules] == [True]
    assert plugin.requires_all_keys(web())


def test_hints() -> None:
    """A counted pod that goes is worth a try, one that does not count is not."""
    around = zones(1, 0)
    plugin = around.framework().plugins.get("PodTopologySpread")
    assert isinstance(plugin, PodTopologySpread)
    after_pod = plugin.events_to_register()[0].hint
    assert after_pod is not None
    pod = web(topologySpreadConstraints=[constraint()])

    assert after_pod(pod, web("gone").assigned_to("n0"), None) is Hint.QUEUE
    assert after_pod(pod, info("other").assigned_to("n0"), None) is Hint.SKIP


def test_rounding() -> None:
    """Halves go up; what is just below a half does not."""
    assert [nearest(each) for each in (0.0, 0.49999999999999994, 0.5, 1.5, 2.4)] == [0, 0, 1, 2, 2]
