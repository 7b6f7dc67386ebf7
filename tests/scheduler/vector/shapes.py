"""Nodes and pods of every shape that the default plugins tell apart."""

from typing import Any

from kactors.api.objects import Object
from kactors.runtime.random import Random
from kactors.scheduler.pod_info import PodInfo
from tests.scheduler import making

ZONES = ("", "a", "b", "c")
APPS = ("web", "db")
IMAGES = {"registry/web:1": 300 * 2**20, "registry/db:1": 700 * 2**20}
TAINTS = (
    {"key": "special", "value": "x", "effect": "NoSchedule"},
    {"key": "special", "value": "y", "effect": "PreferNoSchedule"},
    {"key": "old", "effect": "PreferNoSchedule"},
)


def some_node(name: str, chance: Random) -> Object:
    """Draw a node."""
    labels = {"disk": chance.choice(["ssd", "hdd"])} if chance.chance(0.6) else {}
    made = making.node(
        name,
        cpu=chance.choice(["1", "2", "3500m", "0"]),
        memory=chance.choice(["1Gi", "4Gi", "3000000k", "0"]),
        pods=chance.choice([2, 5, 110]),
        zone=chance.choice(ZONES),
        labels=labels,
        taints=[taint for taint in TAINTS if chance.chance(0.15)],
        unschedulable=chance.chance(0.05),
        images={image: size for image, size in IMAGES.items() if chance.chance(0.2)},
        more={"example.com/gpu": "2"} if chance.chance(0.3) else {},
    )
    if chance.chance(0.05):
        del made["metadata"]["labels"][making.HOSTNAME]
    return made


def some_pod(name: str, chance: Random) -> Object:
    """Draw a pod."""
    app = chance.choice(APPS)
    arguments: dict[str, Any] = {
        "cpu": chance.choice([None, "100m", "300m", "1"]),
        "memory": chance.choice([None, "200Mi", "1Gi"]),
        "namespace": chance.choice(["default", "other"]),
        "labels": {"app": app, "v": chance.choice(["1", "2"])},
        "priority": chance.choice([0, 0, 10]),
    }
    if chance.chance(0.2):
        arguments["image"] = f"registry/{app}:1"
    if chance.chance(0.2):
        arguments["ports"] = [{"hostPort": chance.choice([80, 81]), "containerPort": 1}]
    if chance.chance(0.2):
        arguments["requests"] = {"example.com/gpu": "1"}
    if chance.chance(0.3):
        arguments["tolerations"] = [
            {"key": "special", "operator": "Exists", "effect": chance.choice(["", "NoSchedule"])}
        ]
    if chance.chance(0.2):
        arguments["nodeSelector"] = {"disk": "ssd"}
    affinity: Object = {}
    if chance.chance(0.3):
        affinity["nodeAffinity"] = some_node_affinity(chance)
    for kind in ("podAffinity", "podAntiAffinity"):
        if chance.chance(0.15):
            affinity[kind] = some_pod_affinity(chance)
    if affinity:
        arguments["affinity"] = affinity
    if chance.chance(0.5):
        arguments["topologySpreadConstraints"] = [
            some_constraint(app, chance) for _ in range(1 + chance.below(2))
        ]
    made = making.pod(name, **arguments)
    if chance.chance(0.2):
        made["metadata"]["ownerReferences"] = [
            {"kind": "ReplicaSet", "name": app, "uid": f"rs-{app}", "controller": True}
        ]
    return made


def some_node_affinity(chance: Random) -> Object:
    """Draw a node affinity: required, preferred or both."""
    expression = {"key": "disk", "operator": chance.choice(["Exists", "DoesNotExist"])}
    zones = {"key": making.ZONE, "operator": "In", "values": ["a", "b"]}
    found: Object = {}
    if chance.chance(0.5):
        found["requiredDuringSchedulingIgnoredDuringExecution"] = {
            "nodeSelectorTerms": [{"matchExpressions": [zones]}]
        }
    if chance.chance(0.7):
        found["preferredDuringSchedulingIgnoredDuringExecution"] = [
            {"weight": 30, "preference": {"matchExpressions": [expression]}},
            {"weight": 7, "preference": {"matchExpressions": [zones]}},
        ]
    return found


def some_pod_affinity(chance: Random) -> Object:
    """Draw a pod affinity or anti-affinity: required, preferred or both."""
    terms: list[Object] = []
    for _ in range(1 + chance.below(2)):
        term: Object = {
            "topologyKey": chance.choice([making.ZONE, making.HOSTNAME, "disk"]),
            "labelSelector": chance.choice(
                [{"matchLabels": {"app": chance.choice(APPS)}}, {"matchLabels": {"v": "1"}}]
            ),
        }
        if chance.chance(0.3):
            term["namespaceSelector"] = chance.choice([{}, {"matchLabels": {"team": "x"}}])
        terms.append(term)
    if chance.chance(0.4):
        return {"requiredDuringSchedulingIgnoredDuringExecution": terms}
    weighted = [{"weight": 1 + chance.below(50), "podAffinityTerm": term} for term in terms]
    return {"preferredDuringSchedulingIgnoredDuringExecution": weighted}


def some_constraint(app: str, chance: Random) -> Object:
    """Draw a topology spread constraint."""
    constraint: Object = {
        "topologyKey": chance.choice([making.ZONE, making.HOSTNAME, "disk"]),
        "maxSkew": chance.choice([1, 2, 5]),
        "whenUnsatisfiable": chance.choice(["DoNotSchedule", "ScheduleAnyway"]),
        "labelSelector": chance.choice([{"matchLabels": {"app": app}}, {}, None]),
        "nodeTaintsPolicy": chance.choice(["Honor", "Ignore"]),
        "nodeAffinityPolicy": chance.choice(["Honor", "Ignore"]),
    }
    if chance.chance(0.2):
        constraint["minDomains"] = 3
    if chance.chance(0.3):
        constraint["matchLabelKeys"] = ["v"]
    return constraint


def some_pod_info(name: str, chance: Random) -> PodInfo:
    """Draw a pod, as the scheduler sees it."""
    return PodInfo.of(some_pod(name, chance))
