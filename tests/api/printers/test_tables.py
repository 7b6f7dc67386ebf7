"""Tables of each kind: the columns that kubectl shows."""

from typing import Any

import pytest

from kactors.api.objects import Object
from kactors.api.printers.tables import columns_of, row
from kactors.api.registry import REGISTRY
from kactors.api.times import format_time

NOW = 2_000_000_000 * 10**9
CREATED = format_time(NOW - 90 * 10**9)
TEMPLATE = {"spec": {"containers": [{"name": "main", "image": "web:1"}]}}


def shown(name: str, obj: Object, *, wide: bool = False) -> dict[str, str]:
    """Return an object's cells by their titles."""
    metadata = {"name": "it", "creationTimestamp": CREATED, **obj.get("metadata", {})}
    columns = columns_of(REGISTRY.by_name(name), wide=wide)
    cells = row({**obj, "metadata": metadata}, columns, NOW)
    return dict(zip([column.title for column in columns], cells, strict=True))


@pytest.mark.parametrize("resource", list(REGISTRY), ids=lambda each: each.qualified_name)
def test_an_object_that_says_nothing_can_be_shown(resource: Any) -> None:
    """Objects may lack whatever is not required, and a status altogether."""
    columns = columns_of(resource, wide=True)
    assert len(row({"metadata": {"name": "it"}}, columns, NOW)) == len(columns)


def test_kinds_without_columns_of_their_own() -> None:
    """Have a name and an age."""
    assert shown("controllerrevisions", {}) == {"NAME": "it", "AGE": "90s"}


def test_deployments() -> None:
    """Ready of wanted, up to date, available; widely also what runs."""
    obj = {
        "spec": {
            "replicas": 3,
            "selector": {"matchLabels": {"app": "web"}},
            "template": TEMPLATE,
        },
        "status": {"readyReplicas": 2, "updatedReplicas": 3, "availableReplicas": 1},
    }
    assert shown("deploy", obj, wide=True) == {
        "NAME": "it", "READY": "2/3", "UP-TO-DATE": "3", "AVAILABLE": "1", "AGE": "90s",
        "CONTAINERS": "main", "IMAGES": "web:1", "SELECTOR": "app=web",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("status", "state", "completions", "duration"),
    [
        ({}, "Running", "0/5", ""),
        ({"succeeded": 2, "startTime": CREATED}, "Running", "2/5", "90s"),
        (
            {
                "succeeded": 5,
                "startTime": CREATED,
                "completionTime": format_time(NOW - 60 * 10**9),
                "conditions": [{"type": "Complete", "status": "True"}],
            },
            "Complete",
            "5/5",
            "30s",
        ),
        ({"conditions": [{"type": "Suspended", "status": "True"}]}, "Suspended", "0/5", ""),
    ],
)
def test_jobs(status: Object, state: str, completions: str, duration: str) -> None:
    """How far it has come, and how long that took."""
    found = shown("jobs", {"spec": {"completions": 5}, "status": status})
    assert (found["STATUS"], found["COMPLETIONS"], found["DURATION"]) == (
        state,
        completions,
        duration,
    )


@pytest.mark.parametrize(
    ("spec", "status", "external"),
    [
        ({"type": "ClusterIP"}, {}, "<none>"),
        ({"type": "NodePort", "externalIPs": ["1.2.3.4"]}, {}, "1.2.3.4"),
        ({"type": "LoadBalancer"}, {}, "<pending>"),
        ({"type": "LoadBalancer"}, {"loadBalancer": {"ingress": [{"ip": "5.6.7.8"}]}}, "5.6.7.8"),
        ({"type": "ExternalName", "externalName": "example.org"}, {}, "example.org"),
    ],
)
def test_services(spec: Object, status: Object, external: str) -> None:
    """What can be reached from outside depends on the type."""
    ports = [{"port": 80, "nodePort": 30080}, {"port": 53, "protocol": "UDP"}]
    found = shown("svc", {"spec": {**spec, "ports": ports}, "status": status})
    assert (found["TYPE"], found["EXTERNAL-IP"]) == (spec["type"], external)
    assert found["PORT(S)"] == "80:30080/TCP,53/UDP"


@pytest.mark.parametrize(
    ("status", "unschedulable", "state"),
    [
        ("", False, "Unknown"),
        ("True", False, "Ready"),
        ("Unknown", False, "NotReady"),
        ("True", True, "Ready,SchedulingDisabled"),
    ],
)
def test_nodes(status: str, unschedulable: bool, state: str) -> None:
    """Whether it is ready, what it is for, and where it is."""
    obj = {
        "metadata": {"labels": {"node-role.kubernetes.io/worker": ""}},
        "spec": {"unschedulable": unschedulable},
        "status": {
            "conditions": [{"type": "Ready", "status": status}] if status else [],
            "addresses": [{"type": "InternalIP", "address": "172.16.0.1"}],
        },
    }
    found = shown("nodes", obj, wide=True)
    assert (found["STATUS"], found["ROLES"], found["INTERNAL-IP"]) == (
        state,
        "worker",
        "172.16.0.1",
    )


def test_long_lists_are_cut() -> None:
    """Three endpoints are shown, and how many more there are."""
    endpoints = [{"addresses": [f"10.0.0.{number}"]} for number in range(5)]
    obj = {"addressType": "IPv4", "ports": [{"port": 80}], "endpoints": endpoints}
    found = shown("endpointslices", obj)
    assert found["ENDPOINTS"] == "10.0.0.0,10.0.0.1,10.0.0.2 + 2 more..."
    assert found["PORTS"] == "80"


def test_events() -> None:
    """What happened to what, and when it was last seen."""
    obj = {
        "type": "Normal",
        "reason": "Killing",
        "message": "Stopping container main",
        "lastTimestamp": CREATED,
        "involvedObject": {"kind": "Pod", "name": "web-1"},
    }
    assert list(shown("events", obj).values()) == [
        "90s", "Normal", "Killing", "pod/web-1", "Stopping container main",
    ]  # fmt: skip
