"""kube-proxy: keeps the node's table of Services like the Services.

Source: kubernetes pkg/proxy/iptables/proxier.go, cmd/kube-proxy/app/server.go.
"""

from collections.abc import Callable
from typing import Final

import attrs

from kactors.actors import Actor
from kactors.actors.checks import at_least
from kactors.api.meta import labels_of
from kactors.api.objects import Object
from kactors.client.config import ClientConfig
from kactors.client.informer import ResourceEventHandlerFuncs, SharedInformer
from kactors.client.informer_factory import SharedInformerFactory
from kactors.client.rest import Client
from kactors.node.machine import Life, NodeMachine
from kactors.node.proxy.tracker import ServiceTracker
from kactors.runtime import current_time

__all__ = ["KubeProxy", "KubeProxyConfig"]

Handler = Callable[[Object], None]

ZONE_LABEL: Final = "topology.kubernetes.io/zone"
#: Headless Services and those that another proxy serves are none of its business.
_SELECTOR: Final = "!service.kubernetes.io/headless,!service.kubernetes.io/service-proxy-name"


@attrs.frozen(kw_only=True)
class KubeProxyConfig:
    """What a kube-proxy is told at its start.

    Attributes:
        node: whose table it keeps.
        client: how to reach the apiservers, as ``system:kube-proxy``.
        min_sync_seconds: between two changes of the table at least.
    """

    node: str
    client: ClientConfig
    min_sync_seconds: float = attrs.field(default=1.0, validator=at_least(0))


class KubeProxy(Actor):
    """One node's proxy; deploy it on the node's host.

    The table is the machine's: while this is down, traffic goes by what it wrote last.

    Attributes:
        informers: of what makes the table.
        syncs: how often the table was brought up to date.
    """

    informers: SharedInformerFactory

    def __init__(self, config: KubeProxyConfig, machine: NodeMachine) -> None:
        self.syncs = 0
        self._config = config
        self._machine = machine
        self._tracker = ServiceTracker(config.node)
        self._life: Life
        self._synced_at = -1.0e9
        self._pending = False
        self._complete = False

    async def on_start(self) -> None:
        """Begin to read."""
        self._life = self._machine.enter(self.host)
        client = Client.connect(self, self._config.client)
        self.informers = SharedInformerFactory(client, self.start_soon)
        self.start_soon(self._begin, self.informers)

    async def _begin(self, informers: SharedInformerFactory) -> None:
        tracker = self._tracker
        services = informers.informer("services", label_selector=_SELECTOR)
        slices = informers.informer("endpointslices", label_selector=_SELECTOR)
        nodes = informers.informer("nodes", field_selector=f"metadata.name={self._config.node}")
        self._follow(services, tracker.set_service, tracker.remove_service)
        self._follow(slices, tracker.set_slice, tracker.remove_slice)
        self._follow(nodes, self._node_changed, lambda _: None)
        await informers.wait_for_cache_sync()
        # Only now: a table of half of the Services would cut off the other half.
        tracker.sync_all(self._life.services)
        self.syncs += 1
        self._synced_at = current_time()
        self._complete = True

    def _follow(self, informer: SharedInformer, put: Handler, remove: Handler) -> None:
        def changed(obj: Object) -> None:
            put(obj)
            self._schedule()

        def removed(obj: Object) -> None:
            remove(obj)
            self._schedule()

        informer.add_handler(
            ResourceEventHandlerFuncs(
                add=changed, update=lambda _, new: changed(new), delete=removed
            )
        )

    def _node_changed(self, node: Object) -> None:
        self._tracker.set_zone(labels_of(node).get(ZONE_LABEL, ""))
        self._schedule()

    def _schedule(self) -> None:
        if self._pending or not self._complete or not self._tracker.dirty:
            return
        self._pending = True
        due = self._synced_at + self._config.min_sync_seconds
        self.after(max(0.0, due - current_time()), self._sync)

    def _sync(self) -> None:
        self._pending = False
        self._synced_at = current_time()
        self.syncs += 1
        self._tracker.sync(self._life.services)
