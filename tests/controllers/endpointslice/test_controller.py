"""Tests of slices and Endpoints before an apiserver."""

from kactors.api.objects import replaced
from kactors.controllers.endpoints import EndpointsController
from kactors.controllers.endpointslice.controller import EndpointSliceController
from tests.controllers.cluster import ControlPlane
from tests.controllers.objects import make, node, pod


def ready(plane: ControlPlane) -> tuple[list[str], list[str]]:
    """Return the addresses that are ready: in slices, and in Endpoints."""
    slices = sorted(
        end["addresses"][0]
        for each in plane.objects("endpointslices").values()
        for end in each["endpoints"]
        if end["conditions"]["ready"]
    )
    whole = sorted(
        address["ip"]
        for each in plane.objects("endpoints").values()
        for subset in each["subsets"]
        for address in subset.get("addresses", ())
    )
    return slices, whole


def test_endpoints_follow_pods() -> None:
    """What is ready is in both kinds; what is not, leaves, or ends, is not."""
    with ControlPlane() as plane:
        plane.run(EndpointSliceController, EndpointsController)
        spec = {"selector": {"app": "web"}, "ports": [{"name": "http", "port": 80}]}
        plane.create("services", make("v1", "Service", "web", spec=spec))
        plane.create("nodes", node("n1"))
        plane.settle()
        assert ready(plane) == ([], [])
        assert len(plane.names("endpointslices")) == 1
        for number in range(3):
            plane.create("pods", pod(f"web-{number}", labels={"app": "web"}))
        plane.create("pods", pod("other", labels={"app": "other"}))
        plane.kubelet(ready=False)
        plane.settle()
        assert ready(plane) == ([], [])
        plane.kubelet()
        plane.settle()
        expected = sorted(each["status"]["podIP"] for key, each in plane.objects("pods").items()
                          if "web" in key)  # fmt: skip
        assert ready(plane) == (expected, expected)
        assert len(plane.names("endpointslices")) == 1
        plane.delete("pods", "default/web-0")
        plane.settle()
        assert ready(plane) == (expected[1:], expected[1:])
        plane.update("services", "default/web", lambda it: replaced(it, {}, "spec", "selector"))
        plane.kubelet(ready=False)
        plane.settle()
        assert ready(plane) == (expected[1:], expected[1:])
        plane.delete("services", "default/web")
        plane.settle()
        assert plane.names("endpoints") == []
