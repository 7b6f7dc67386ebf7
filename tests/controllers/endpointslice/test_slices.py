"""Tests of slices: what is wanted is in them, and little is written."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from kactors.api.meta import labels_of, uid_of
from kactors.api.objects import Object, replaced
from kactors.controllers.endpointslice.slices import MANAGED_BY, Changes, desired, plan
from tests.controllers.objects import make, node, pod


def nowhere(name: str) -> None:
    """Know no nodes."""


def service(**spec: Any) -> Object:
    """Return a Service with one port."""
    wanted = {"selector": {"app": "web"}, "ports": [{"name": "http", "port": 80}], **spec}
    return make("v1", "Service", "web", spec=wanted, uid="service")


def backend(number: int, *, ready: bool = True, **more: Any) -> Object:
    """Return a pod with an address."""
    return pod(f"web-{number}", uid=f"pod-{number}", ready=ready, node="n1",
               status={"podIP": f"10.0.{number // 250}.{number % 250}"}, **more)  # fmt: skip


class Store:
    """Carries out changes, and counts them."""

    def __init__(self) -> None:
        self.slices: dict[str, Object] = {}
        self.writes = 0
        self._names = 0

    def apply(self, changes: Changes) -> None:
        """Carry out changes as the apiserver would."""
        for each in changes.delete:
            del self.slices[each["metadata"]["name"]]
        for each in changes.update:
            assert each["metadata"]["name"] in self.slices
            self.slices[each["metadata"]["name"]] = each
        for each in changes.create:
            self._names += 1
            name = f"slice-{self._names}"
            self.slices[name] = replaced(each, name, "metadata", "name")
        self.writes += len(changes.create) + len(changes.update) + len(changes.delete)

    def sync(self, pods: list[Object], most: int = 100, of: Object | None = None) -> Changes:
        """Plan and apply once."""
        owner = of or service()
        changes = plan(owner, desired(owner, pods, nowhere), list(self.slices.values()), most)
        self.apply(changes)
        return changes

    def uids(self) -> list[str]:
        """Return the pods in all slices."""
        return sorted(end["targetRef"]["uid"] for each in self.slices.values()
                      for end in each["endpoints"])  # fmt: skip


@given(rounds=st.lists(st.sets(st.integers(0, 30)), min_size=1, max_size=6), most=st.integers(1, 8))
def test_slices_hold_what_is_wanted(rounds: list[set[int]], most: int) -> None:
    """After any changes each wanted endpoint is in one slice, none is too large, none empty."""
    store = Store()
    for wanted in rounds:
        pods = [backend(number) for number in sorted(wanted)]
        store.sync(pods, most)
        assert store.uids() == sorted(uid_of(each) for each in pods)
        sizes = [len(each["endpoints"]) for each in store.slices.values()]
        assert max(sizes) <= most
        assert sizes == [0] if not wanted else 0 not in sizes
        assert store.sync(pods, most) == Changes()


@given(st.sets(st.integers(0, 40)), st.integers(0, 40))
def test_one_more_endpoint_costs_one_write(there: set[int], extra: int) -> None:
    """Adding or removing one endpoint writes one slice."""
    store = Store()
    others = sorted(there - {extra})
    store.sync([backend(number) for number in others], 7)
    before = store.writes
    store.sync([backend(number) for number in [*others, extra]], 7)
    assert store.writes == before + 1
    store.sync([backend(number) for number in others], 7)
    assert store.writes == before + 2


def test_what_an_endpoint_says() -> None:
    """Address, node, zone, and whether to use it."""
    place = node("n1", labels={"topology.kubernetes.io/zone": "z"})
    found = desired(service(), [backend(1)], {"n1": place}.get)
    ((group, (endpoint,)),) = found.items()
    assert group == ("IPv4", (("http", "TCP", 80, ""),))
    assert endpoint.body == {
        "addresses": ["10.0.0.1"],
        "conditions": {"ready": True, "serving": True, "terminating": False},
        "targetRef": {"kind": "Pod", "namespace": "default", "name": "web-1", "uid": "pod-1"},
        "nodeName": "n1",
        "zone": "z",
    }


def test_conditions_of_endpoints() -> None:
    """A pod that is leaving serves but is not ready; one may be published all the same."""

    def conditions(backend: Object, **spec: Any) -> tuple[bool, bool, bool]:
        ((endpoint,),) = desired(service(**spec), [backend], nowhere).values()
        found = endpoint.body["conditions"]
        return found["ready"], found["serving"], found["terminating"]

    assert conditions(backend(1, ready=False)) == (False, False, False)
    assert conditions(backend(1, deleted=True)) == (False, True, True)
    anyway = {"publishNotReadyAddresses": True}
    assert conditions(backend(1, ready=False), **anyway) == (True, False, False)


def test_pods_that_are_no_endpoints() -> None:
    """Pods that have ended or have no address are left out."""
    ended = pod(phase="Succeeded", status={"podIP": "10.0.0.1"})
    assert desired(service(), [ended, pod()], nowhere) == {}


def test_named_ports_make_groups() -> None:
    """Pods that name the same port differently are in different slices."""
    named = service(ports=[{"name": "http", "port": 80, "targetPort": "web"}])
    one = [{"ports": [{"name": "web", "containerPort": 8080}]}]
    two = [{"ports": [{"name": "web", "containerPort": 9090}]}]
    pods = [backend(1, spec={"containers": one}), backend(2, spec={"containers": two}), backend(3)]
    store = Store()
    store.sync(pods, of=named)
    ports = [[port["port"] for port in each["ports"]] for each in store.slices.values()]
    assert ports == [[8080], [9090], []]


def test_labels_follow_the_service() -> None:
    """Slices have the Service's labels, its name, and their manager's."""
    store = Store()
    store.sync([backend(1)])
    labelled = replaced(service(clusterIP="None"), {"team": "a"}, "metadata", "labels")
    store.sync([backend(1)], of=labelled)
    (found,) = store.slices.values()
    assert labels_of(found) == {
        "team": "a",
        "service.kubernetes.io/headless": "",
        "kubernetes.io/service-name": "web",
        MANAGED_BY: "endpointslice-controller.k8s.io",
    }


def test_two_families() -> None:
    """A dual-stack Service has slices of both families."""
    both = service(ipFamilies=["IPv4", "IPv6"])
    two = pod(ready=True, status={"podIP": "10.0.0.1",
                                  "podIPs": [{"ip": "10.0.0.1"}, {"ip": "fd00::1"}]})  # fmt: skip
    store = Store()
    store.sync([two], of=both)
    assert {each["addressType"] for each in store.slices.values()} == {"IPv4", "IPv6"}
