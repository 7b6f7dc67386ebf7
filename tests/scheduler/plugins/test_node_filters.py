"""Plugins that look at one node: taints, labels, ports, cordons."""

import pytest

from kactors.api.objects import Object
from kactors.scheduler.framework.cluster_event import Hint
from kactors.scheduler.framework.cycle_state import CycleState
from kactors.scheduler.framework.plugin import FilterPlugin, NodeRestriction
from kactors.scheduler.framework.status import Code
from kactors.scheduler.node_facts import NodeFacts
from kactors.scheduler.plugins.node_affinity import NodeAffinity
from kactors.scheduler.plugins.node_name import NodeName
from kactors.scheduler.plugins.node_ports import NodePorts
from kactors.scheduler.plugins.node_unschedulable import NodeUnschedulable
from kactors.scheduler.plugins.normalising import normalised
from kactors.scheduler.plugins.taint_toleration import TaintToleration
from kactors.scheduler.pod_info import PodInfo
from tests.scheduler.making import info, node, on_node

TAINT = {"key": "kept", "value": "x", "effect": "NoSchedule"}
SOFT = {"key": "kept", "value": "x", "effect": "PreferNoSchedule"}
HARD = Code.UNSCHEDULABLE_AND_UNRESOLVABLE


def code(plugin: FilterPlugin, pod: PodInfo, where: Object, *others: PodInfo) -> Code | None:
    """Return what a filter says of a pod on a node with other pods."""
    status = plugin.filter(CycleState(), pod, on_node(where, *others))
    return None if status is None else status.code


def hint(plugin: FilterPlugin, which: int, pod: PodInfo, old: object, new: object) -> Hint:
    """Return what a plugin thinks of an event: ``which`` of those that it registered for."""
    decide = plugin.events_to_register()[which].hint
    assert decide is not None
    return decide(pod, old, new)


@pytest.mark.parametrize(
    ("toleration", "expected"),
    [
        (None, HARD),
        ({"key": "kept", "operator": "Equal", "value": "x"}, None),
        ({"key": "kept", "operator": "Equal", "value": "y"}, HARD),
        ({"key": "kept", "operator": "Exists", "effect": "NoExecute"}, HARD),
        ({"operator": "Exists"}, None),
    ],
)
def test_taints(toleration: Object | None, expected: Code | None) -> None:
    """A taint keeps a pod away unless one of its tolerations covers it."""
    pod = info(tolerations=[toleration] if toleration else [])

    assert code(TaintToleration(), pod, node("n", taints=[TAINT])) is expected
    assert code(TaintToleration(), pod, node("n", taints=[SOFT])) is None


def test_fewer_soft_taints_are_better() -> None:
    """The score counts taints of PreferNoSchedule, and the fewest are worth 100."""
    plugin, state, pod = TaintToleration(), CycleState(), info()
    nodes = [on_node(node("a")), on_node(node("b", taints=[SOFT])),
             on_node(node("c", taints=[SOFT, {**SOFT, "key": "other"}]))]  # fmt: skip
    plugin.pre_score(state, pod, nodes)

    scores = [plugin.score(state, pod, each) for each in nodes]

    assert scores == [0, 1, 2]
    assert plugin.normalize_scores(state, pod, nodes, scores) == [100, 50, 0]


def test_hints_of_taints() -> None:
    """Losing the taint in question is worth another attempt, losing another is not."""
    plain, tainted = NodeFacts.of(node("n")), NodeFacts.of(node("n", taints=[TAINT]))

    assert hint(TaintToleration(), 0, info(), tainted, plain) is Hint.QUEUE
    assert hint(TaintToleration(), 0, info(), plain, plain) is Hint.SKIP
    assert hint(TaintToleration(), 0, info(), None, tainted) is Hint.SKIP
    assert hint(TaintToleration(), 1, info(), None, info("other")) is Hint.SKIP


def test_cordons() -> None:
    """A cordoned node takes only pods that tolerate that."""
    cordoned = node("n", unschedulable=True)
    tolerant = info(tolerations=[{"key": "node.kubernetes.io/unschedulable", "operator": "Exists"}])

    assert code(NodeUnschedulable(), info(), cordoned) is HARD
    assert code(NodeUnschedulable(), tolerant, cordoned) is None
    assert code(NodeUnschedulable(), info(), node("n")) is None
    closed, opened = NodeFacts.of(cordoned), NodeFacts.of(node("n"))
    assert hint(NodeUnschedulable(), 0, info(), closed, opened) is Hint.QUEUE
    assert hint(NodeUnschedulable(), 0, info(), opened, opened) is Hint.SKIP


def test_node_names() -> None:
    """A pod that names a node runs there or nowhere."""
    assert code(NodeName(), info().assigned_to("n"), node("n")) is None
    assert code(NodeName(), info().assigned_to("n"), node("m")) is HARD


@pytest.mark.parametrize(
    ("address", "protocol", "free"),
    [
        ("", "TCP", False),
        ("127.0.0.1", "TCP", False),
        ("127.0.0.2", "TCP", True),
        ("127.0.0.1", "UDP", True),
    ],
)
def test_host_ports(address: str, protocol: str, free: bool) -> None:
    """Ports conflict if protocol and number are equal, and the addresses overlap."""
    taken = info("a", ports=[{"hostPort": 80, "containerPort": 1, "hostIP": "127.0.0.1"}])
    port = {"hostPort": 80, "containerPort": 1, "hostIP": address, "protocol": protocol}
    wants = info("b", ports=[port])

    expected = None if free else Code.UNSCHEDULABLE
    assert code(NodePorts(), wants, node("n"), taken) is expected
    gone = taken.assigned_to("n")
    assert hint(NodePorts(), 0, wants, gone, None) is (Hint.SKIP if free else Hint.QUEUE)


def terms(*expressions: Object, fields: Object | None = None) -> Object:
    """Return a required node affinity with one term."""
    term = {"matchExpressions": list(expressions), "matchFields": [fields] if fields else []}
    return {"nodeSelectorTerms": [term]}


def required(selector: Object) -> PodInfo:
    """Return a pod with this required node affinity."""
    what = {"requiredDuringSchedulingIgnoredDuringExecution": selector}
    return info(affinity={"nodeAffinity": what})


def test_node_selectors() -> None:
    """Node selector and node affinity must both be met, the profile's addition as well."""
    ssd = {"key": "disk", "operator": "In", "values": ["ssd"]}
    added = {"addedAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": terms(ssd)}}
    on_ssd, on_hdd = node("a", labels={"disk": "ssd"}), node("b", labels={"disk": "hdd"})

    assert code(NodeAffinity(), info(nodeSelector={"disk": "ssd"}), on_ssd) is None
    assert code(NodeAffinity(), info(nodeSelector={"disk": "ssd"}), on_hdd) is HARD
    assert code(NodeAffinity(), required(terms(ssd)), on_hdd) is HARD
    assert code(NodeAffinity(), required({"nodeSelectorTerms": []}), on_ssd) is HARD
    assert code(NodeAffinity(added), info(), on_hdd) is HARD
    assert code(NodeAffinity(added), info(), on_ssd) is None


def test_pods_that_name_their_nodes() -> None:
    """If every term names nodes, no other node is looked at; a contradiction has none."""
    plugin = NodeAffinity()

    def answer(pod: PodInfo) -> object:
        return plugin.pre_filter(CycleState(), pod, ())

    one = {"key": "metadata.name", "operator": "In", "values": ["a"]}
    assert answer(required(terms(fields=one))) == NodeRestriction(frozenset("a"))
    both = {"nodeSelectorTerms": [{"matchFields": [one, {**one, "values": ["b"]}]}]}
    assert answer(required(both)) is NodeAffinity.CONFLICT
    assert answer(required(terms({"key": "disk", "operator": "Exists"}))) is None


def test_preferred_nodes() -> None:
    """The weights of the preferences that a node meets are added, and scaled to 100."""
    preferred = [
        {"weight": 30, "preference": {"matchExpressions": [{"key": "a", "operator": "Exists"}]}},
        {"weight": 10, "preference": {"matchExpressions": [{"key": "b", "operator": "Exists"}]}},
    ]
    what = {"preferredDuringSchedulingIgnoredDuringExecution": preferred}
    plugin, state, pod = NodeAffinity(), CycleState(), info(affinity={"nodeAffinity": what})
    nodes = [on_node(node("a", labels={"a": "", "b": ""})), on_node(node("b", labels={"b": ""})),
             on_node(node("c"))]  # fmt: skip

    scores = [plugin.score(state, pod, each) for each in nodes]

    assert scores == [40, 10, 0]
    assert plugin.normalize_scores(state, pod, nodes, scores) == [100, 25, 0]
    assert plugin.pre_score(state, info(), nodes) is not None


def test_normalising_nothing() -> None:
    """Without any count everybody is best when fewer is better, and nobody when more is."""
    assert normalised([0, 0], reverse=True) == [100, 100]
    assert normalised([0, 0]) == [0, 0]
