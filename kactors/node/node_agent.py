"""The kubelet's own Node and Lease: registers, tells how the node is, and that it lives.

Source: kubernetes pkg/kubelet/kubelet_node_status.go,
component-helpers apimachinery/lease/controller.go.
"""

from collections.abc import Callable
from typing import Final, NoReturn

from kactors.api.errors import AlreadyExists, ApiError, Conflict, NotFound
from kactors.api.meta import format_micro_time, name_of, uid_of
from kactors.api.objects import Object
from kactors.client.errors import ClientError
from kactors.client.leader_election import LEASES
from kactors.client.rest import Client
from kactors.node.config import KubeletConfig
from kactors.node.node_status import is_news, new_node, node_status
from kactors.node.runtime.face import ContainerRuntime
from kactors.runtime import Event, Host, current_time, move_on_after, sleep

__all__ = ["LEASE_NAMESPACE", "NodeAgent"]

LEASE_NAMESPACE: Final = "kube-node-lease"
_RETRY_FIRST: Final = 0.1
_RETRY_LONGEST: Final = 7.0
_RENEWALS: Final = 4


class NodeAgent:
    """Keeps one Node and its Lease.

    Args:
        config: of the kubelet.
        client: to the apiservers.
        runtime: says whether the network is ready, and which images there are.
        host: for its clock and incarnation.
        known: returns the Node as the kubelet's informer shows it.

    Attributes:
        registered: the Node is there.
        node: as it was last seen; ``None`` before it was registered.
    """

    def __init__(
        self,
        config: KubeletConfig,
        client: Client,
        runtime: ContainerRuntime,
        host: Host,
        known: Callable[[], Object | None],
    ) -> None:
        self.registered = Event()
        self._config = config
        self._nodes = client.resource("nodes")
        # A renewal that takes longer than its period is of no use.
        self._leases = client.impatient(config.lease_seconds / _RENEWALS).resource(LEASES)
        self._runtime = runtime
        self._host = host
        self._known = known
        self._registered: Object | None = None
        self._lease: Object | None = None
        self._reported_at = -1.0e9
        self._in_doubt = False  # whether the last report has arrived, and what the Node says now
        self._changed = Event()

    @property
    def node(self) -> Object | None:
        """The Node, as it was last seen."""
        return self._known() or self._registered

    # -- the Node ------------------------------------------------------------------------

    async def register(self) -> None:
        """Have the Node there, however long that takes."""
        pause = _RETRY_FIRST
        while not self.registered.is_set():
            try:
                await self._register()
            except (ApiError, ClientError):
                await sleep(pause)
                pause = min(2 * pause, _RETRY_LONGEST)

    async def _register(self) -> None:
        wanted = new_node(self._config)
        try:
            self._registered = await self._nodes.create(wanted)
        except AlreadyExists:
            labels = {"metadata": {"labels": wanted["metadata"]["labels"]}}
            self._registered = await self._nodes.patch(self._config.node, labels)
        self.registered.set()

    def look(self) -> None:
        """Look at the node's status now, rather than at the next turn."""
        self._changed.set()

    async def keep_status(self) -> NoReturn:
        """Tell how the node is whenever that changes, and every few minutes."""
        await self.registered.wait()
        while True:
            try:
                await self._report()
            except (ApiError, ClientError):
                self._in_doubt = True
            with move_on_after(self._config.status_seconds):
                await self._changed.wait()
            self._changed = Event()

    async def _report(self) -> None:
        """Tell how the node is, if that is news or due.

        After a report that was not answered the Node is read first, as upstream does when it tries
        again. So a node that can speak and hears nothing falls silent: if others took it for alive
        they would give it pods, and wait for ever for those that it should end.
        """
        if self._in_doubt:
            self._registered = await self._nodes.get(self._config.node)
            self._in_doubt, self._reported_at = False, -1.0e9
            node: Object | None = self._registered
        else:
            node = self.node
        before: Object = (node or {}).get("status") or {}
        problem = "" if self._runtime.network_ready else (
            "container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady "
            "message:no range of addresses for pods"
        )  # fmt: skip
        status = node_status(
            self._config,
            before,
            now_ns=self._host.clock.wall_ns(),
            boot_id=f"{self._host.name}-{self._host.incarnation}",
            problem=problem,
            images=self._runtime.images(),
        )
        due = current_time() - self._reported_at >= self._config.report_seconds
        if not due and not is_news(before, status):
            return
        patch = {"status": status}
        self._registered = await self._nodes.patch(self._config.node, patch, subresource="status")
        self._reported_at = current_time()

    # -- the Lease -----------------------------------------------------------------------

    async def keep_lease(self) -> NoReturn:
        """Renew the Lease, four times in its duration."""
        await self.registered.wait()
        period = self._config.lease_seconds / _RENEWALS
        jitter = self._nodes_jitter()
        while True:
            began = current_time()
            try:
                await self._renew()
            except (ApiError, ClientError):
                self._lease = None  # read it before the next try
            await sleep(max(0.0, period * (1.0 + 0.04 * jitter()) - (current_time() - began)))

    def _nodes_jitter(self) -> Callable[[], float]:
        random = self._host.random("lease", self._config.node)
        return random.random

    async def _renew(self) -> None:
        if self._lease is None:
            self._lease = await self._read_lease()
        now = format_micro_time(self._host.clock.wall_ns())
        if self._lease is None:
            self._lease = await self._leases.create(self._new_lease(now))
            return
        spec = {**self._lease["spec"], "renewTime": now, "holderIdentity": self._config.node}
        try:
            self._lease = await self._leases.update({**self._lease, "spec": spec})
        except Conflict:
            self._lease = await self._read_lease()
            raise

    async def _read_lease(self) -> Object | None:
        try:
            return await self._leases.get(self._config.node, LEASE_NAMESPACE)
        except NotFound:
            return None

    def _new_lease(self, now: str) -> Object:
        metadata: Object = {"name": self._config.node, "namespace": LEASE_NAMESPACE}
        node = self.node
        if node is not None:
            metadata["ownerReferences"] = [
                {"apiVersion": "v1", "kind": "Node", "name": name_of(node), "uid": uid_of(node)}
            ]
        return {
            "apiVersion": "coordination.k8s.io/v1",
            "kind": "Lease",
            "metadata": metadata,
            "spec": {
                "holderIdentity": self._config.node,
                "leaseDurationSeconds": self._config.lease_seconds,
                "renewTime": now,
            },
        }
