"""The Services of one node as a table, such as a kernel has: from address and port to a rule.

The table belongs to the node's kernel: it is written by kube-proxy, and stays as it is while
kube-proxy is down. A rule is made complete when the first packet asks for it: a change of a slice
that nobody talks to costs this node nothing but the exchange of a reference.
"""

from collections.abc import Mapping, Sequence

import attrs

from kactors.api.objects import Object
from kactors.node.proxy.endpoint import endpoints_of
from kactors.node.proxy.service_port import ServicePort
from kactors.node.proxy.topology import Categories, categorize_endpoints

__all__ = ["Location", "Rule", "ServiceTable"]

Location = tuple[str, int, str]
"""Address (empty: any of the node's own), port, protocol."""


@attrs.define(eq=False)
class Rule:
    """What happens to traffic for one port of one Service.

    Attributes:
        port: of the Service.
        slices: the EndpointSlices of the Service, by name.
        node, zone: of the node that has the table.
    """

    port: ServicePort
    slices: Sequence[Object]
    node: str
    zone: str
    _categories: Categories | None = attrs.field(default=None, init=False)

    @property
    def categories(self) -> Categories:
        """Its endpoints, as this node may use them."""
        if self._categories is None:
            endpoints = endpoints_of(self.slices, self.port.name)
            self._categories = categorize_endpoints(endpoints, self.port, self.node, self.zone)
        return self._categories


@attrs.define
class ServiceTable:
    """Rules by where traffic is sent to; see the module.

    Attributes:
        changes: how many Services were put in or taken out so far.
    """

    changes: int = 0
    _rules: dict[Location, tuple[Rule, bool]] = attrs.field(factory=dict, init=False)
    _of_service: dict[str, tuple[Rule, ...]] = attrs.field(factory=dict, init=False)

    def __len__(self) -> int:
        """Return how many Services have rules."""
        return len(self._of_service)

    @property
    def services(self) -> tuple[str, ...]:
        """The keys of the Services that have rules, in the order of their coming."""
        return tuple(self._of_service)

    def rules_of(self, service: str) -> tuple[Rule, ...]:
        """Return the rules of one Service."""
        return self._of_service.get(service, ())

    def replace(self, service: str, rules: Sequence[Rule]) -> None:
        """Let these be the rules of a Service; without any, it is taken out."""
        before = self._of_service.pop(service, ())
        if not (before or rules):
            return
        self.changes += 1
        for rule in before:
            for location, _ in _locations(rule.port):
                if self._rules.get(location, (None,))[0] is rule:
                    del self._rules[location]
        for rule in rules:
            for location, external in _locations(rule.port):
                self._rules[location] = (rule, external)
        if rules:
            self._of_service[service] = tuple(rules)

    def find(self, location: Location) -> tuple[Rule, bool] | None:
        """Return the rule for a location, and whether it is one for traffic from outside."""
        return self._rules.get(location)

    def locations(self) -> Mapping[Location, tuple[Rule, bool]]:
        """Return everything, not to be changed."""
        return self._rules


def _locations(port: ServicePort) -> list[tuple[Location, bool]]:
    found = [((ip, port.port, port.protocol), False) for ip in port.cluster_ips]
    found += [((ip, port.port, port.protocol), True) for ip in port.external_ips]
    if port.node_port:
        found.append((("", port.node_port, port.protocol), True))
    return found
