"""All controllers in one process, of which one process of several works.

The controllers share their informers, which belong to the manager; each writes under an identity of
its own. While another manager leads, no controller is there at all: whatever it knew would be out
of date. At the end of a term all are stopped, and the guard of the election refuses what they may
still try to write.

Source: kubernetes cmd/kube-controller-manager/app/controllermanager.go.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

import attrs

from kactors.actors import Actor, serves
from kactors.actors.request import Request
from kactors.client.config import ClientConfig
from kactors.client.controller import Controller, ControllerContext
from kactors.client.informer_factory import SharedInformerFactory
from kactors.client.leader_election import LeaderElectionConfig, LeaderElector
from kactors.client.rest import Client
from kactors.controllers.cronjob.controller import CronJobController
from kactors.controllers.daemonset.controller import DaemonSetController
from kactors.controllers.deployment.controller import DeploymentController
from kactors.controllers.disruption import DisruptionController
from kactors.controllers.endpoints import EndpointsController
from kactors.controllers.endpointslice.controller import EndpointSliceController
from kactors.controllers.garbage_collector.controller import GarbageCollector
from kactors.controllers.job.controller import JobController
from kactors.controllers.namespace import NamespaceController
from kactors.controllers.node_lifecycle.controller import NodeLifecycleController
from kactors.controllers.pod_garbage_collector import PodGarbageCollector
from kactors.controllers.replicaset.controller import ReplicaSetController
from kactors.controllers.root_ca_cert_publisher import RootCACertPublisher
from kactors.controllers.serviceaccount import ServiceAccountController
from kactors.controllers.statefulset.controller import StatefulSetController
from kactors.controllers.taint_eviction import TaintEvictionController
from kactors.controllers.tokens import TokensController
from kactors.runtime import sleep, sleep_forever
from kactors.runtime.probes import declare, sometimes
from kactors.wire import message

__all__ = ["CONTROLLERS", "ControllerManager", "InspectManager", "Kind", "ManagerConfig",
           "ManagerReport"]  # fmt: skip

NAME: Final = "kube-controller-manager"

_TAKEN_OVER: Final = "controller manager: a standby has taken over"
declare(_TAKEN_OVER)


@attrs.frozen
class Kind:
    """One controller that the manager runs.

    Attributes:
        factory: makes it.
        account: its service account in ``kube-system``, as RBAC's bootstrap policy knows it; empty
            if it writes under the manager's own identity.
    """

    factory: Callable[[ControllerContext], Controller]
    account: str = ""


CONTROLLERS: Final[Mapping[str, Kind]] = {
    "replicaset-controller": Kind(ReplicaSetController, "replicaset-controller"),
    "deployment-controller": Kind(DeploymentController, "deployment-controller"),
    "statefulset-controller": Kind(StatefulSetController, "statefulset-controller"),
    "daemonset-controller": Kind(DaemonSetController, "daemon-set-controller"),
    "job-controller": Kind(JobController, "job-controller"),
    "cronjob-controller": Kind(CronJobController, "cronjob-controller"),
    "node-lifecycle-controller": Kind(NodeLifecycleController, "node-controller"),
    "taint-eviction-controller": Kind(TaintEvictionController, "node-controller"),
    "endpointslice-controller": Kind(EndpointSliceController, "endpointslice-controller"),
    "endpoints-controller": Kind(EndpointsController, "endpoint-controller"),
    "garbage-collector-controller": Kind(GarbageCollector, "generic-garbage-collector"),
    "pod-garbage-collector-controller": Kind(PodGarbageCollector, "pod-garbage-collector"),
    "namespace-controller": Kind(NamespaceController, "namespace-controller"),
    "serviceaccount-controller": Kind(ServiceAccountController, "service-account-controller"),
    "serviceaccount-token-controller": Kind(TokensController),
    "disruption-controller": Kind(DisruptionController, "disruption-controller"),
    "root-ca-certificate-publisher-controller": Kind(RootCACertPublisher, "root-ca-cert-publisher"),
}
"""By upstream's names."""


def _default_election() -> LeaderElectionConfig:
    return LeaderElectionConfig(name=NAME)


@attrs.frozen(kw_only=True)
class ManagerConfig:
    """What a manager is given.

    Attributes:
        client: where the apiservers are, and the manager's own identity, which reads everything.
        as_account: returns the same under the identity of a service account of ``kube-system``, by
            the account's name.
        controllers: which ones, by name.
        election: how the one that works is found.
    """

    client: ClientConfig
    as_account: Callable[[str], ClientConfig]
    controllers: Mapping[str, Kind] = CONTROLLERS
    election: LeaderElectionConfig = attrs.field(factory=_default_election)

    def config_of(self, kind: Kind) -> ClientConfig:
        """Return how a controller reaches the apiservers."""
        return self.as_account(kind.account) if kind.account else self.client


@message("controllers.manager-report")
class ManagerReport:
    """What a manager is doing.

    Attributes:
        leading: whether its controllers run.
        leader: who leads, as far as it knows.
        terms: how often it has begun to lead.
        unsynced: resources whose initial list is not there, each with the last problem.
    """

    leading: bool
    leader: str
    terms: int
    unsynced: dict[str, str]


@message("controllers.inspect-manager")
class InspectManager(Request[ManagerReport]):
    """Asks a manager what it is doing."""


class ControllerManager(Actor):
    """Runs all controllers as its children while it leads; see the module.

    Args:
        config: see there.

    Attributes:
        informers: which the controllers share.
        leading: whether its controllers run.
    """

    informers: SharedInformerFactory

    def __init__(self, config: ManagerConfig) -> None:
        self.leading = False
        self._config = config
        self._terms = 0
        self._led_by_another = False

    async def on_start(self) -> None:
        """Begin to look for the lead; nothing is awaited."""
        client = Client.connect(self, self._config.client)
        identity = f"{self.host.name}_{self.host.incarnation}.{self.life.number}"
        self.informers = SharedInformerFactory(client, self.start_soon)
        self._elector = LeaderElector(
            client, self._config.election, identity, on_new_leader=self._on_new_leader
        )
        self.start_soon(self._run, name="manager")

    def _on_new_leader(self, leader: str) -> None:
        self._led_by_another |= leader not in {"", self._elector.identity}

    async def _run(self) -> None:
        while True:
            await self._elector.run(self._lead)
            await self._until_stopped()

    async def _lead(self) -> None:
        sometimes(_TAKEN_OVER, self._led_by_another)
        self._terms += 1
        self.leading = True
        try:
            for name, kind in self._config.controllers.items():
                context = ControllerContext(
                    config=self._config.config_of(kind),
                    informers=self.informers,
                    guard=self._elector.remaining,
                )
                self.spawn(partial(kind.factory, context), name)
            await sleep_forever()
        finally:
            self.leading = False
            for name in self._config.controllers:
                self.stop_child(name)

    async def _until_stopped(self) -> None:
        """Return when no controller of the last term is left: their names are wanted again."""
        names = [f"{self.name}/{name}" for name in self._config.controllers]
        while any(name in self.life.system.cells for name in names):
            await sleep(0.05)

    @serves
    def inspect(self, request: InspectManager) -> ManagerReport:
        """Tell what it is doing."""
        del request
        return ManagerReport(
            leading=self._elector.leading,
            leader=self._elector.leader,
            terms=self._terms,
            unsynced=self.informers.unsynced(),
        )
