"""Answers to questions about the names of a cluster, as a function of its objects.

A name exists if anything lies at it or below it; then a question for a type that is not there is
answered with nothing, and not with "no such name". That difference matters: a resolver goes on
along its search path only after the latter.

Source: the specification (see `records`); coredns plugin/kubernetes/kubernetes.go.
"""

from collections.abc import Iterable, Iterator, Mapping
from enum import Enum
from typing import Final

import attrs

from kactors.api.meta import key_of, name_of, namespace_of
from kactors.api.objects import Object
from kactors.node.dns.records import SCHEMA_VERSION, Record, RecordType, dashed, reverse_name
from kactors.node.proxy.endpoint import endpoints_of, service_key_of

__all__ = ["Answer", "DnsIndex", "Rcode"]


class Rcode(Enum):
    """How a question was answered."""

    NOERROR = "NOERROR"
    NXDOMAIN = "NXDOMAIN"
    REFUSED = "REFUSED"


@attrs.frozen
class Answer:
    """The answer to one question: records may be none although the name exists."""

    rcode: Rcode
    records: tuple[Record, ...] = ()


_NO_SUCH_NAME: Final = Answer(Rcode.NXDOMAIN)
_REFUSED: Final = Answer(Rcode.REFUSED)

_Names = dict[str, list[Record]]


@attrs.define
class _Service:
    """What is known of one Service: its object, its slices, and, once asked for, its names."""

    obj: Object | None = None
    slices: dict[str, Object] = attrs.field(factory=dict)
    names: _Names | None = None
    reverse: dict[str, str] = attrs.field(factory=dict)


class DnsIndex:
    """The names of a cluster; kept up to date by its objects, one at a time.

    Args:
        zone: under which all names are, without dots at its ends.
    """

    def __init__(self, zone: str = "cluster.local") -> None:
        self.zone = zone
        self._services: dict[str, _Service] = {}
        self._service_of: dict[str, str] = {}  # of each slice
        self._namespaces: dict[str, None] = {}
        self._counts: dict[str, int] = {}  # of Services by namespace
        self._reverse: dict[str, dict[str, None]] = {}  # keys of Services by address

    # -- objects -------------------------------------------------------------------------

    def set_namespace(self, namespace: Object) -> None:
        """Note a namespace: its name exists, be it empty."""
        self._namespaces[name_of(namespace)] = None

    def remove_namespace(self, namespace: Object) -> None:
        """Note that a namespace is gone."""
        self._namespaces.pop(name_of(namespace), None)

    def set_service(self, service: Object) -> None:
        """Note a Service that has come or changed."""
        found = self._services.setdefault(key_of(service), _Service())
        if found.obj is None:
            namespace = namespace_of(service)
            self._counts[namespace] = self._counts.get(namespace, 0) + 1
        found.obj = service
        self._changed(key_of(service), found)

    def remove_service(self, service: Object) -> None:
        """Note that a Service is gone."""
        key = key_of(service)
        found = self._services.get(key)
        if found is None or found.obj is None:
            return
        found.obj = None
        self._counts[namespace_of(service)] -= 1
        self._changed(key, found)
        self._drop_empty(key)

    def set_slice(self, endpoint_slice: Object) -> None:
        """Note an EndpointSlice that has come or changed."""
        key, service = key_of(endpoint_slice), service_key_of(endpoint_slice)
        if self._service_of.get(key, service) != service:
            self._forget_slice(key)
        if service:
            self._service_of[key] = service
            found = self._services.setdefault(service, _Service())
            found.slices[key] = endpoint_slice
            self._changed(service, found)

    def remove_slice(self, endpoint_slice: Object) -> None:
        """Note that an EndpointSlice is gone."""
        self._forget_slice(key_of(endpoint_slice))

    def _forget_slice(self, key: str) -> None:
        service = self._service_of.pop(key, None)
        if service is not None:
            found = self._services[service]
            del found.slices[key]
            self._changed(service, found)
            self._drop_empty(service)

    def _drop_empty(self, key: str) -> None:
        found = self._services[key]
        if found.obj is None and not found.slices:
            del self._services[key]

    def _changed(self, key: str, found: _Service) -> None:
        """Forget the names of a Service, and enter its addresses for questions the other way."""
        found.names = None
        for ip in found.reverse:
            self._reverse[ip].pop(key, None)
            if not self._reverse[ip]:
                del self._reverse[ip]
        found.reverse = _reverse_names(found, self.zone)
        for ip in found.reverse:
            self._reverse.setdefault(ip, {})[key] = None

    # -- questions -----------------------------------------------------------------------

    def answer(self, name: str, kind: RecordType) -> Answer:
        """Return the answer to one question.

        Args:
            name: fully qualified; a dot at its end and capital letters do not matter.
            kind: what is asked for.
        """
        asked = name.lower().rstrip(".")
        if asked.endswith(".in-addr.arpa"):
            return self._answer_reverse(asked, kind)
        if asked != self.zone and not asked.endswith(f".{self.zone}"):
            return _REFUSED
        labels = asked[: -len(self.zone)].rstrip(".").split(".") if asked != self.zone else []
        match labels:
            case [] | ["svc"] | ["pod"]:
                return Answer(Rcode.NOERROR)
            case ["dns-version"]:
                record = Record(f"{asked}.", RecordType.TXT, SCHEMA_VERSION)
                return _of_kind((record,), kind)
            case [*_, "svc"]:
                return self._answer_service(asked, labels[:-1], kind)
            case [*inside, "pod"]:
                return self._answer_pod(asked, inside, kind)
        return _NO_SUCH_NAME

    def _answer_service(self, asked: str, labels: list[str], kind: RecordType) -> Answer:
        namespace = labels[-1]
        if len(labels) == 1:
            known = namespace in self._namespaces or self._counts.get(namespace)
            return Answer(Rcode.NOERROR) if known else _NO_SUCH_NAME
        found = self._services.get(f"{namespace}/{labels[-2]}")
        if found is None or found.obj is None:
            return _NO_SUCH_NAME
        names = found.names
        if names is None:
            names = found.names = _names_of(found, self.zone)
        records = names.get(f"{asked}.")
        if records is not None:
            return _of_kind(records, kind)
        below = f".{asked}."
        exists = any(each.endswith(below) for each in names)
        return Answer(Rcode.NOERROR) if exists else _NO_SUCH_NAME

    def _answer_pod(self, asked: str, labels: list[str], kind: RecordType) -> Answer:
        """Answer what is said in the question itself, for namespaces that exist."""
        if labels[-1] not in self._namespaces:
            return _NO_SUCH_NAME
        if len(labels) == 1:
            return Answer(Rcode.NOERROR)
        parts = labels[0].split("-")
        if len(labels) > 2 or len(parts) != 4 or not all(_is_octet(part) for part in parts):
            return _NO_SUCH_NAME
        return _of_kind((Record(f"{asked}.", RecordType.A, ".".join(parts)),), kind)

    def _answer_reverse(self, asked: str, kind: RecordType) -> Answer:
        ip = ".".join(reversed(asked.removesuffix(".in-addr.arpa").split(".")))
        keys = self._reverse.get(ip)
        if not keys:
            return _NO_SUCH_NAME
        values = sorted({self._services[key].reverse[ip] for key in keys})
        return _of_kind([Record(f"{asked}.", RecordType.PTR, value) for value in values], kind)

    def records(self) -> Iterator[Record]:
        """Return all records of Services there are."""
        for found in self._services.values():
            if found.obj is not None:
                for records in _names_of(found, self.zone).values():
                    yield from records
                for ip, name in found.reverse.items():
                    yield Record(reverse_name(ip), RecordType.PTR, name)


def _is_octet(text: str) -> bool:
    return text.isdigit() and len(text) <= 3 and int(text) < 256 and str(int(text)) == text


def _of_kind(records: Iterable[Record], kind: RecordType) -> Answer:
    """Return the records of a type; an alias stands for every type."""
    found = [each for each in records if each.type in {kind, RecordType.CNAME}]
    return Answer(Rcode.NOERROR, tuple(found))


def _is_headless(service: Object) -> bool:
    return (service.get("spec") or {}).get("clusterIP") == "None"


def _base(service: Object, zone: str) -> str:
    return f"{name_of(service)}.{namespace_of(service)}.svc.{zone}."


def _names_of(found: _Service, zone: str) -> _Names:
    """Return the names of a Service and below it, each with its records."""
    service = found.obj
    assert service is not None, "only a Service that is there has names"
    base = _base(service, zone)
    spec = service.get("spec") or {}
    names: _Names = {}
    if spec.get("type") == "ExternalName":
        names[base] = [Record(base, RecordType.CNAME, f"{spec['externalName'].rstrip('.')}.")]
    elif _is_headless(service):
        _headless(names, base, found)
    elif spec.get("clusterIP"):
        names[base] = [
            Record(base, RecordType.A, ip) for ip in spec.get("clusterIPs") or (spec["clusterIP"],)
        ]
        for port in spec.get("ports") or ():
            if port.get("name"):
                protocol = (port.get("protocol") or "TCP").lower()
                name = f"_{port['name']}._{protocol}.{base}"
                names.setdefault(name, []).append(Record(name, RecordType.SRV, base, port["port"]))
    else:
        names[base] = []
    return names


def _hosts(found: _Service) -> dict[str, str]:
    """Return the host names of the endpoints that answer, by address."""
    publish = bool(((found.obj or {}).get("spec") or {}).get("publishNotReadyAddresses"))
    hosts: dict[str, str] = {}
    for key in sorted(found.slices):
        for item in found.slices[key].get("endpoints") or ():
            ready = (item.get("conditions") or {}).get("ready", True) is not False
            if ready or publish:
                for ip in item.get("addresses") or ():
                    hosts[ip] = item.get("hostname") or dashed(ip)
    return hosts


def _headless(names: _Names, base: str, found: _Service) -> None:
    hosts = _hosts(found)
    names[base] = [Record(base, RecordType.A, ip) for ip in sorted(hosts)]
    for ip in sorted(hosts):
        name = f"{hosts[ip]}.{base}"
        names.setdefault(name, []).append(Record(name, RecordType.A, ip))
    slices = [found.slices[key] for key in sorted(found.slices)]
    ports = {
        (port.get("name") or "", (port.get("protocol") or "TCP").lower()): None
        for each in slices
        for port in each.get("ports") or ()
        if port.get("name")
    }
    for port_name, protocol in ports:
        name = f"_{port_name}._{protocol}.{base}"
        for each in endpoints_of(slices, port_name):
            if each.ip in hosts:
                target = f"{hosts[each.ip]}.{base}"
                record = Record(name, RecordType.SRV, target, each.port)
                names.setdefault(name, []).append(record)


def _reverse_names(found: _Service, zone: str) -> dict[str, str]:
    """Return the name of each address that has one: cluster addresses, named headless endpoints."""
    service = found.obj
    if service is None:
        return {}
    spec: Mapping[str, object] = service.get("spec") or {}
    base = _base(service, zone)
    if _is_headless(service):
        return {ip: f"{host}.{base}" for ip, host in _hosts(found).items()}
    if spec.get("type") == "ExternalName" or not spec.get("clusterIP"):
        return {}
    return {str(spec["clusterIP"]): base}
