"""The specification, example by example; and the index, whatever came before."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kactors.api.objects import Object
from kactors.node.dns.answers import DnsIndex, Rcode
from kactors.node.dns.records import RecordType, dashed, reverse_name
from tests.node.proxy.services import UNREADY, endpoint, endpoint_slice, service

HTTP = [{"port": 80, "name": "http", "protocol": "TCP"}]
NAMESPACE: Object = {"kind": "Namespace", "metadata": {"name": "default"}}
A, SRV, PTR, CNAME, TXT = (RecordType[name] for name in ("A", "SRV", "PTR", "CNAME", "TXT"))


def index(*objects: Object) -> DnsIndex:
    """Return the index of these objects, and of the namespace ``default``."""
    made = DnsIndex()
    made.set_namespace(NAMESPACE)
    for obj in objects:
        (made.set_service if obj["kind"] == "Service" else made.set_slice)(obj)
    return made


def ask(made: DnsIndex, name: str, kind: RecordType = A) -> list[Any] | str:
    """Return values (of SRV records: port and target), or why there are none."""
    answer = made.answer(name, kind)
    if answer.rcode is not Rcode.NOERROR:
        return str(answer.rcode.value)
    return [(each.port, each.value) if each.type is SRV else each.value for each in answer.records]


def headless(name: str = "db", **spec: Any) -> Object:
    """Return a headless Service."""
    return service(name, clusterIP="None", ports=HTTP, **spec)


def two(**more: Any) -> Object:
    """Return the slice of a headless Service with two endpoints, one of which has a host name."""
    return endpoint_slice(
        "db-1", endpoint("10.1.0.1", hostname="db-0"), endpoint("10.1.0.2", **more), of="db",
        ports=[{"name": "http", "port": 8080, "protocol": "TCP"}],
    )  # fmt: skip


def test_a_service_has_its_cluster_address() -> None:
    """And a record for each named port, and for questions the other way."""
    made = index(service(ports=HTTP))
    assert ask(made, "web.default.svc.cluster.local.") == ["10.96.0.10"]
    assert ask(made, "WEB.default.svc.cluster.local") == ["10.96.0.10"]
    srv = ask(made, "_http._tcp.web.default.svc.cluster.local", SRV)
    assert srv == [(80, "web.default.svc.cluster.local.")]
    assert ask(made, "10.0.96.10.in-addr.arpa", PTR) == ["web.default.svc.cluster.local."]


def test_a_headless_service_has_those_of_its_endpoints() -> None:
    """Of those that are ready; each has a name of its own, with its host name or its address."""
    made = index(headless(), two())
    assert ask(made, "db.default.svc.cluster.local") == ["10.1.0.1", "10.1.0.2"]
    assert ask(made, "db-0.db.default.svc.cluster.local") == ["10.1.0.1"]
    assert ask(made, "10-1-0-2.db.default.svc.cluster.local") == ["10.1.0.2"]
    assert ask(made, "_http._tcp.db.default.svc.cluster.local", SRV) == [
        (8080, "db-0.db.default.svc.cluster.local."),
        (8080, "10-1-0-2.db.default.svc.cluster.local."),
    ]
    assert ask(made, "1.0.1.10.in-addr.arpa", PTR) == ["db-0.db.default.svc.cluster.local."]
    assert ask(index(headless(), two(conditions=UNREADY)), "db.default.svc.cluster.local") == [
        "10.1.0.1"
    ]
    all_of_them = index(headless(publishNotReadyAddresses=True), two(conditions=UNREADY))
    assert ask(all_of_them, "db.default.svc.cluster.local") == ["10.1.0.1", "10.1.0.2"]


def test_an_external_name_is_an_alias() -> None:
    """Whatever is asked for."""
    made = index(service(type="ExternalName", externalName="example.org", clusterIP=""))
    assert ask(made, "web.default.svc.cluster.local") == ["example.org."]
    assert ask(made, "web.default.svc.cluster.local", CNAME) == ["example.org."]


@pytest.mark.parametrize(
    ("name", "kind", "expected"),
    [
        ("gone.default.svc.cluster.local", A, "NXDOMAIN"),
        ("web.gone.svc.cluster.local", A, "NXDOMAIN"),
        ("default.svc.cluster.local", A, []),
        ("gone.svc.cluster.local", A, "NXDOMAIN"),
        ("svc.cluster.local", A, []),
        ("cluster.local", A, []),
        ("gone.cluster.local", A, "NXDOMAIN"),
        ("example.org", A, "REFUSED"),
        ("web.default.svc.cluster.local", SRV, []),
        ("_tcp.web.default.svc.cluster.local", A, []),
        ("x.web.default.svc.cluster.local", A, "NXDOMAIN"),
        ("1.2.3.4.in-addr.arpa", PTR, "NXDOMAIN"),
        ("dns-version.cluster.local", TXT, ["1.1.0"]),
        ("dns-version.cluster.local", A, []),
        ("10-1-0-7.default.pod.cluster.local", A, ["10.1.0.7"]),
        ("10-1-0-7.gone.pod.cluster.local", A, "NXDOMAIN"),
        ("10-1-0-777.default.pod.cluster.local", A, "NXDOMAIN"),
        ("10-1-0-07.default.pod.cluster.local", A, "NXDOMAIN"),
        ("default.pod.cluster.local", A, []),
        ("pod.cluster.local", A, []),
    ],
)
def test_names_exist_or_do_not(name: str, kind: RecordType, expected: list[str] | str) -> None:
    """Nothing of that type is another answer than no such name."""
    assert ask(index(service(ports=HTTP)), name, kind) == expected


numbers = st.integers(1, 3)
changes: st.SearchStrategy[tuple[Any, ...]] = st.one_of(
    st.tuples(st.just("service"), st.sampled_from("ab"), st.sampled_from(["None", "10.96.0.1"])),
    st.tuples(st.just("no service"), st.sampled_from("ab")),
    st.tuples(st.just("slice"), st.sampled_from("xy"), st.sampled_from("ab"),
              st.lists(numbers, max_size=2, unique=True)),
    st.tuples(st.just("no slice"), st.sampled_from("xy")),
)  # fmt: skip


def apply(made: DnsIndex, now: dict[str, Object], change: tuple[Any, ...]) -> None:
    """Make a change, and remember the objects that there are after it."""
    match change:
        case ("service", name, ip):
            now[name] = service(name, clusterIP=ip, ports=HTTP)
            made.set_service(now[name])
        case ("no service", name):
            made.remove_service(now.pop(name, service(name)))
        case ("slice", name, of, ips):
            found = [endpoint(f"10.1.0.{each}") for each in ips]
            now[name] = endpoint_slice(name, *found, of=of)
            made.set_slice(now[name])
        case ("no slice", name):
            made.remove_slice(now.pop(name, endpoint_slice(name)))


@settings(max_examples=60)
@given(st.lists(changes, max_size=10))
def test_answers_are_those_of_the_objects_that_there_are(drawn: list[tuple[Any, ...]]) -> None:
    """Whatever came before, and whatever was asked in between; each record is its own answer."""
    made, now = index(), dict[str, Object]()
    for change in drawn:
        apply(made, now, change)
        for name in "ab":
            ask(made, f"{name}.default.svc.cluster.local")
    fresh = index(*now.values())
    assert sorted(made.records()) == sorted(fresh.records())
    for record in fresh.records():
        assert record in made.answer(record.name, record.type).records
    for name in "ab":
        assert (ask(made, f"{name}.default.svc.cluster.local") == "NXDOMAIN") == (name not in now)


@pytest.mark.parametrize("function", [dashed, reverse_name])
def test_addresses_as_names(function: Callable[[str], str]) -> None:
    """Every address has a name of its own."""
    names = {function(f"10.{one}.{other}.1") for one in range(12) for other in range(12)}
    assert len(names) == 144
