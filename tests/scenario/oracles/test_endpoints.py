"""Endpoints: in the end traffic goes to the pods that are ready."""

import pytest

from kactors.api.objects import Object
from kactors.node.proxy.service_port import service_ports
from kactors.node.proxy.table import Rule, ServiceTable
from kactors.scenario.oracles.endpoints import EndpointsMatch
from tests.scenario.oracles.stage import Stage, pod

LABELS = {"app": "web"}
SERVICE: Object = {
    "apiVersion": "v1",
    "kind": "Service",
    "metadata": {"name": "web", "namespace": "default", "uid": "uid-of-web"},
    "spec": {"selector": LABELS, "clusterIP": "10.96.0.9", "ports": [{"port": 80}]},
}


def slice_of(**pods: str) -> Object:
    """Return the Service's slice with these pods, by address."""
    return {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {
            "name": "web-1",
            "namespace": "default",
            "labels": {"kubernetes.io/service-name": "web"},
        },
        "addressType": "IPv4",
        "endpoints": [
            {
                "addresses": [f"10.0.0.{number}"],
                "conditions": {"ready": True},
                "targetRef": {"kind": "Pod", "name": name, "uid": f"uid-of-{name}"},
            }
            for name, number in pods.items()
        ],
        "ports": [{"port": 8080}],
    }


@pytest.fixture
def stage() -> Stage:
    """Give a stage with a Service of two ready pods, one that goes and one that is not ready."""
    made = Stage(EndpointsMatch, nodes=1)
    made.write(
        SERVICE,
        pod("a", ip="10.0.0.1", ready=True, labels=LABELS),
        pod("b", ip="10.0.0.2", ready=True, labels=LABELS),
        pod("c", ip="10.0.0.3", ready=True, labels=LABELS, deleted=True),
        pod("d", ip="10.0.0.4", labels=LABELS),
        pod("e", ip="10.0.0.5", ready=True),
    )
    return made


def proxy_knows(stage: Stage, known: Object, monkeypatch: pytest.MonkeyPatch, node: str) -> None:
    """Let the node's table be made of one slice."""
    table = ServiceTable()
    table.replace(
        "default/web", [Rule(port, (known,), node, "") for port in service_ports(SERVICE)]
    )
    monkeypatch.setattr(stage.cluster.observer, "proxy_tables", lambda: {node: table})


def test_slices_of_the_ready_pods_are_right(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """As are tables that are made of them."""
    right = slice_of(a="1", b="2")
    stage.write(right)
    proxy_knows(stage, right, monkeypatch, "n1")

    stage.oracle.finish(converged=True)

    assert stage.findings == []


@pytest.mark.parametrize(
    ("wrong", "signature"),
    [
        (slice_of(a="1"), "endpoints differ from ready pods"),
        (slice_of(a="1", b="2", d="4"), "endpoints differ from ready pods"),
        (slice_of(a="1", e="2"), "an endpoint names the wrong pod"),
    ],
)
def test_wrong_slices_are_objected_to(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, wrong: Object, signature: str
) -> None:
    """A pod that is missing, one too many, an address that is another's; only in the end."""
    stage.write(wrong)
    proxy_knows(stage, wrong, monkeypatch, "n1")

    stage.oracle.finish(converged=False)
    assert stage.findings == []
    stage.oracle.finish(converged=True)

    assert stage.signatures == [signature]


def test_a_proxy_that_is_behind_is_objected_to(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Unless its node is broken for good."""
    stage.write(slice_of(a="1", b="2"))
    proxy_knows(stage, slice_of(a="1"), monkeypatch, "n9")
    stage.oracle.finish(converged=True)
    assert stage.findings == []

    proxy_knows(stage, slice_of(a="1"), monkeypatch, "n1")
    stage.oracle.finish(converged=True)

    assert stage.signatures == ["a proxy is behind for good"]


def test_a_run_goes_on_until_the_proxies_of_the_core_have_caught_up(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A node's apiserver may be cut off from etcd, which takes the node a while to find out."""
    stage.write(slice_of(a="1", b="2"))

    proxy_knows(stage, slice_of(a="1"), monkeypatch, "n1")
    behind = stage.oracle.waits()
    proxy_knows(stage, slice_of(a="1", b="2"), monkeypatch, "n1")

    assert (behind, stage.oracle.waits()) == (True, False)
    assert stage.findings == []
