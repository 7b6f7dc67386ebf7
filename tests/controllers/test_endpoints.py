"""Tests of Endpoints: all addresses of a Service in one object."""

from typing import Any

from kactors.api.meta import annotations_of, labels_of
from kactors.api.objects import Object
from kactors.controllers.endpoints import ADDRESSES_MAX, endpoints_of
from tests.controllers.objects import make, pod


def service(**spec: Any) -> Object:
    """Return a Service with one port."""
    wanted = {"selector": {"app": "web"}, "ports": [{"name": "http", "port": 80}], **spec}
    return make("v1", "Service", "web", spec=wanted, labels={"team": "a"})


def backend(number: int, *, ready: bool = True, **more: Any) -> Object:
    """Return a pod with an address."""
    address = {"podIP": f"10.0.{number // 250}.{number % 250}"}
    return pod(f"web-{number:05}", ready=ready, node="n1", status=address, **more)


def ips(endpoints: Object, key: str = "addresses") -> list[str]:
    """Return addresses."""
    return [each["ip"] for subset in endpoints["subsets"] for each in subset.get(key, ())]


def test_ready_and_not() -> None:
    """Those that are ready are apart from those that are not; those that leave are left out."""
    pods = [backend(1), backend(2, ready=False), backend(3, deleted=True), pod("none")]
    found = endpoints_of(service(), pods)
    assert (ips(found), ips(found, "notReadyAddresses")) == (["10.0.0.1"], ["10.0.0.2"])
    (subset,) = found["subsets"]
    assert subset["ports"] == [{"name": "http", "protocol": "TCP", "port": 80}]
    anyway = endpoints_of(service(publishNotReadyAddresses=True), pods)
    assert ips(anyway) == ["10.0.0.1", "10.0.0.2", "10.0.0.3"]


def test_who_has_no_such_port() -> None:
    """A pod without the named port is left out, unless the Service is headless."""
    ports = [{"name": "http", "port": 80, "targetPort": "web"}]
    assert endpoints_of(service(ports=ports), [backend(1)])["subsets"] == []
    headless = endpoints_of(service(ports=ports, clusterIP="None"), [backend(1)])
    assert ips(headless) == ["10.0.0.1"]
    assert labels_of(headless)["service.kubernetes.io/headless"] == ""
    assert labels_of(headless)["team"] == "a"


def test_too_many() -> None:
    """Beyond a thousand addresses the object says that it does not hold all."""
    found = endpoints_of(service(), [backend(number) for number in range(ADDRESSES_MAX + 1)])
    assert len(ips(found)) == ADDRESSES_MAX
    assert annotations_of(found) == {"endpoints.kubernetes.io/over-capacity": "truncated"}
