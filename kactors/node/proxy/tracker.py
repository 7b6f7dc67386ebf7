"""From Services and EndpointSlices to the table, one changed Service at a time.

Source: kubernetes pkg/proxy/servicechangetracker.go, endpointschangetracker.go.
"""

from collections.abc import Iterable

from kactors.api.meta import key_of
from kactors.api.objects import Object
from kactors.node.proxy.endpoint import service_key_of
from kactors.node.proxy.service_port import service_ports
from kactors.node.proxy.table import Rule, ServiceTable

__all__ = ["ServiceTracker"]


class ServiceTracker:
    """What kube-proxy knows, and what of it the table does not show yet.

    Args:
        node: whose table it is.
        zone: of that node; may become known later.

    Attributes:
        node, zone: see above.
    """

    def __init__(self, node: str, zone: str = "") -> None:
        self.node = node
        self.zone = zone
        self._services: dict[str, Object] = {}
        self._slices: dict[str, dict[str, Object]] = {}  # of each Service, by their own keys
        self._service_of: dict[str, str] = {}  # of each slice
        self._dirty: dict[str, None] = {}

    @property
    def dirty(self) -> tuple[str, ...]:
        """The keys of the Services that have changed since the last `sync`."""
        return tuple(self._dirty)

    def set_service(self, service: Object) -> None:
        """Note a Service that has come or changed."""
        key = key_of(service)
        self._services[key] = service
        self._dirty[key] = None

    def remove_service(self, service: Object) -> None:
        """Note that a Service is gone."""
        key = key_of(service)
        if self._services.pop(key, None) is not None:
            self._dirty[key] = None

    def set_slice(self, endpoint_slice: Object) -> None:
        """Note an EndpointSlice that has come or changed."""
        key, service = key_of(endpoint_slice), service_key_of(endpoint_slice)
        if self._service_of.get(key, service) != service:
            self._forget_slice(key)
        if service:
            self._service_of[key] = service
            self._slices.setdefault(service, {})[key] = endpoint_slice
            self._dirty[service] = None

    def remove_slice(self, endpoint_slice: Object) -> None:
        """Note that an EndpointSlice is gone."""
        self._forget_slice(key_of(endpoint_slice))

    def _forget_slice(self, key: str) -> None:
        service = self._service_of.pop(key, None)
        if service is None:
            return
        self._dirty[service] = None
        slices = self._slices[service]
        del slices[key]
        if not slices:
            del self._slices[service]

    def set_zone(self, zone: str) -> None:
        """Note where the node is: hints of all Services may mean something else now."""
        if zone != self.zone:
            self.zone = zone
            self._dirty.update(dict.fromkeys(self._services))

    def sync(self, table: ServiceTable) -> int:
        """Bring a table up to date; return how many Services that took."""
        dirty, self._dirty = self._dirty, {}
        for key in dirty:
            table.replace(key, self._rules(key))
        return len(dirty)

    def sync_all(self, table: ServiceTable) -> None:
        """Bring a table up to date of which nothing is known: somebody else has filled it."""
        for key in table.services:
            if key not in self._services:
                table.replace(key, ())
        self._dirty = dict.fromkeys(self._services)
        self.sync(table)

    def _rules(self, key: str) -> list[Rule]:
        service = self._services.get(key)
        if service is None:
            return []
        slices = self._sorted(self._slices.get(key, {}))
        return [Rule(port, slices, self.node, self.zone) for port in service_ports(service)]

    @staticmethod
    def _sorted(slices: dict[str, Object]) -> tuple[Object, ...]:
        keys: Iterable[str] = sorted(slices)
        return tuple(slices[key] for key in keys)
