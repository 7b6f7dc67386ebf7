"""InterPodAffinity in its plain form."""

from typing import Any

from kactors.api.objects import Object
from kactors.scheduler.algorithm import FitError, ScalarAlgorithm
from kactors.scheduler.framework.cycle_state import CycleState
from kactors.scheduler.pod_info import PodInfo
from tests.scheduler.making import HOSTNAME, ZONE, Surroundings, info, node

NEAR, AWAY = "podAffinity", "podAntiAffinity"


def term(app: str, key: str = ZONE, **more: Any) -> Object:
    """Return a term that means the pods of one app."""
    return {"topologyKey": key, "labelSelector": {"matchLabels": {"app": app}}, **more}


def pod(name: str, app: str, kind: str = "", *terms: Object, **more: Any) -> PodInfo:
    """Return a pod of an app, with required terms of one kind."""
    rules = {"requiredDuringSchedulingIgnoredDuringExecution": list(terms)}
    return info(name, labels={"app": app}, affinity={kind: rules} if kind else {}, **more)


def prefers(app: str, kind: str, weight: int, what: Object) -> PodInfo:
    """Return a pod with one preference."""
    rule = {"weight": weight, "podAffinityTerm": what}
    rules = {"preferredDuringSchedulingIgnoredDuringExecution": [rule]}
    return info("new", labels={"app": app}, affinity={kind: rules})


def world() -> Surroundings:
    """Return two zones with two nodes each."""
    around = Surroundings()
    for zone in "ab":
        around.add_nodes(node(f"{zone}1", zone=zone), node(f"{zone}2", zone=zone))
    return around


def ranking(around: Surroundings, new: PodInfo) -> dict[str, int]:
    """Return the nodes that will do, with their totals."""
    framework, snapshot = around.framework(), around.cache.snapshot()
    try:
        return dict(ScalarAlgorithm().rank(framework, CycleState(), new, snapshot).totals)
    except FitError:
        return {}


def test_affinity() -> None:
    """A pod goes where a pod that it wants near is, in the sense of near that it says."""
    around = world()
    around.place("a1", pod("db", "db"))

    assert sorted(ranking(around, pod("new", "web", NEAR, term("db")))) == ["a1", "a2"]
    assert sorted(ranking(around, pod("new", "web", NEAR, term("db", HOSTNAME)))) == ["a1"]
    assert ranking(around, pod("new", "web", NEAR, term("cache"))) == {}


def test_the_first_of_a_group() -> None:
    """A pod that wants to be near its like may go anywhere while there is none."""
    around = world()
    first = pod("new", "web", NEAR, term("web"))

    assert len(ranking(around, first)) == 4
    around.place("b1", pod("other", "web"))
    assert sorted(ranking(around, first)) == ["b1", "b2"]


def test_all_terms_must_mean_the_same_pod() -> None:
    """An existing pod counts only if it is what every term means."""
    around = world()
    around.place("a1", pod("db", "db"))
    around.place("a2", pod("cache", "cache"))

    assert ranking(around, pod("new", "web", NEAR, term("db"), term("cache"))) == {}


def test_anti_affinity() -> None:
    """A pod keeps away from others, and others keep it away."""
    around = world()
    around.place("a1", pod("db", "db"))
    assert sorted(ranking(around, pod("new", "web", AWAY, term("db")))) == ["b1", "b2"]

    around.place("b1", pod("shy", "shy", AWAY, term("web", HOSTNAME)))

    assert sorted(ranking(around, pod("new", "web"))) == ["a1", "a2", "b2"]
    assert len(ranking(around, pod("new", "other"))) == 4


def test_namespaces() -> None:
    """A term means pods of its own namespace unless it says others, by name or by label."""
    around = world()
    labels = {"metadata": {"name": "far", "labels": {"team": "x"}}}
    around.view.put("Namespace", labels)
    around.place("a1", info("db", namespace="far", labels={"app": "db"}))

    assert ranking(around, pod("new", "web", NEAR, term("db"))) == {}
    by_name = term("db", namespaces=["far"])
    by_label = term("db", namespaceSelector={"matchLabels": {"team": "x"}})
    other = term("db", namespaceSelector={"matchLabels": {"team": "y"}})
    assert sorted(ranking(around, pod("new", "web", NEAR, by_name))) == ["a1", "a2"]
    assert sorted(ranking(around, pod("new", "web", NEAR, by_label))) == ["a1", "a2"]
    assert ranking(around, pod("new", "web", NEAR, other)) == {}


def test_preferences() -> None:
    """The best sum of weights is worth 100, the worst nothing; the plugin counts twice."""
    around = world()
    around.place("a1", pod("db", "db", cpu=None, memory=None))
    plain = ranking(around, pod("new", "web"))

    near = ranking(around, prefers("web", NEAR, 10, term("db")))
    away = ranking(around, prefers("web", AWAY, 10, term("db")))

    assert near["a2"] - near["b1"] == plain["a2"] - plain["b1"] + 200
    assert away["b1"] - away["a2"] == plain["b1"] - plain["a2"] + 200


def test_what_existing_pods_prefer() -> None:
    """Existing pods' preferences and required affinity count for the incoming one, too."""
    around = world()
    around.place("a1", pod("db", "db", NEAR, term("web")))
    plain = ranking(world(), pod("new", "web"))

    found = ranking(around, pod("new", "web"))

    assert found["a2"] - found["b1"] == plain["a2"] - plain["b1"] + 200
