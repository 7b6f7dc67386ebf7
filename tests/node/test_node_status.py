"""The Node, as its kubelet sees itself."""

from typing import Any

from kactors.actors import Address
from kactors.api.meta import get_condition
from kactors.api.objects import Object
from kactors.client.config import ClientConfig
from kactors.node.config import KubeletConfig
from kactors.node.node_status import UNINITIALIZED, allocatable_of, is_news, new_node, node_status

CLIENT = ClientConfig(replicas=(Address("a", "apiserver"),))
SECOND = 10**9


def config(**more: Any) -> KubeletConfig:
    """Return a node's configuration."""
    return KubeletConfig(node="n1", node_ip="1.2.3.4", client=CLIENT, **more)


def status(before: Object | None = None, *, seconds: int = 0, **more: Any) -> Object:
    """Return a status, some time after 1970."""
    used = more.pop("config", config())
    return node_status(used, before or {}, now_ns=seconds * SECOND, boot_id="b", **more)


def test_what_is_reserved_is_not_for_pods() -> None:
    """In whatever units it is said."""
    used = config(capacity={"cpu": "4", "memory": "8Gi"}, reserved={"cpu": "250m"})
    assert allocatable_of(used) == {"cpu": "3750m", "memory": "8Gi"}


def test_a_node_in_a_cloud_waits_to_be_initialised() -> None:
    """It says no addresses of its own, and keeps pods away."""
    assert "taints" not in new_node(config())["spec"]
    cloudy = config(external_cloud=True, labels={"pool": "a"}, provider_id="sim:///z/i")
    node = new_node(cloudy)
    assert node["spec"] == {"taints": [UNINITIALIZED], "providerID": "sim:///z/i"}
    assert node["metadata"]["labels"]["pool"] == "a"
    assert "addresses" not in status(config=cloudy)
    assert status()["addresses"][0] == {"type": "InternalIP", "address": "1.2.3.4"}


def test_heartbeats_are_no_news() -> None:
    """What has changed is; a condition keeps the time of its change."""
    first = status()
    later = status(first, seconds=60)
    assert not is_news(first, later)
    unready = status(first, seconds=60, problem="no network")
    assert is_news(first, unready)
    condition = get_condition({"status": unready}, "Ready")
    assert condition is not None
    assert condition["lastTransitionTime"] == "1970-01-01T00:01:00Z"
    again = get_condition({"status": status(unready, seconds=90, problem="no network")}, "Ready")
    assert again is not None
    assert again["lastTransitionTime"] == "1970-01-01T00:01:00Z"
    assert again["lastHeartbeatTime"] == "1970-01-01T00:01:30Z"
    assert is_news(first, status(first, images={"web:1": 5}))


def test_the_largest_images_are_told_and_not_more_than_fifty() -> None:
    """As upstream does, so that Nodes stay small."""
    images = {f"image-{number}": number for number in range(80)}
    told = status(images=images)["images"]
    assert len(told) == 50
    assert told[0] == {"names": ["image-79"], "sizeBytes": 79}
