"""The masters: etcd, apiserver, scheduler and controller managers on each, and who adds addons.

Knobs: ``etcd.*`` are `MemberConfig`'s, ``apiserver.*`` `ApiServerConfig`'s, ``scheduler.*``
`SchedulerConfig`'s, ``node-lifecycle.*`` `NodeLifecycleTimes`'s, ``addons.*``
`AddonManagerConfig`'s, ``election.*`` the times of `LeaderElectionConfig` for all that elect a
leader, ``client.*`` the `ClientConfig`'s of all components.
"""

from collections.abc import Iterator, Mapping

import attrs

from kactors.apiserver.authentication.user import (
    KUBE_CONTROLLER_MANAGER,
    KUBE_SCHEDULER,
    admin_user,
    component_user,
    service_account_user,
)
from kactors.apiserver.config import ApiServerConfig
from kactors.apiserver.server import ApiServer
from kactors.client.config import ClientConfig
from kactors.cluster.addons import ADDON_MANAGER, AddonManager, AddonManagerConfig
from kactors.cluster.addresses import APISERVER, ETCD, etcd_members, master_ip
from kactors.cluster.cloud import cloud_controller_manager
from kactors.cluster.dns import dns_manifests
from kactors.cluster.plan import ActorPlan, Blueprint, HostPlan
from kactors.controllers.controller_manager import (
    CONTROLLERS,
    ControllerManager,
    Kind,
    ManagerConfig,
)
from kactors.controllers.node_lifecycle.controller import NodeLifecycleController
from kactors.controllers.node_lifecycle.health import Grace
from kactors.controllers.node_lifecycle.zones import EvictionRates
from kactors.etcd.config import MemberConfig
from kactors.etcd.member import MEMBER_POLICY, EtcdMember
from kactors.scheduler.config import SchedulerConfig
from kactors.scheduler.scheduler import Scheduler, SchedulerContext

__all__ = ["CONTROLLER_MANAGER", "SCHEDULER", "masters"]

SCHEDULER = "kube-scheduler"
CONTROLLER_MANAGER = "kube-controller-manager"
_SYSTEM = "kube-system"


@attrs.frozen(kw_only=True)
class NodeLifecycleTimes:
    """The knobs of the node lifecycle controller.

    Attributes:
        grace: how long nodes may be silent.
        rates: how fast they are emptied then.
    """

    grace: Grace = NodeLifecycleController.grace
    rates: EvictionRates = NodeLifecycleController.rates


def masters(blueprint: Blueprint) -> Iterator[HostPlan]:
    """Yield the masters of a cluster."""
    for number, name in enumerate(blueprint.topology.master_names, 1):
        actors = (
            etcd_member(blueprint, name),
            apiserver(blueprint, number),
            scheduler(blueprint),
            controller_manager(blueprint),
            *cloud_controller_manager(blueprint),
            *addons(blueprint),
        )
        yield HostPlan(name, blueprint.topology.zone(number), actors)


def etcd_member(blueprint: Blueprint, host: str) -> ActorPlan:
    """Return the member of etcd on ``host``."""
    members = etcd_members(blueprint.topology)
    initial = tuple((member.host, f"actor://{member}") for member in members)
    config = blueprint.configured("etcd", MemberConfig, name=host, initial=initial)
    return ActorPlan(ETCD, lambda: EtcdMember(config), MEMBER_POLICY)


def apiserver(blueprint: Blueprint, number: int) -> ActorPlan:
    """Return the apiserver of master ``number``."""
    config = blueprint.configured(
        "apiserver",
        ApiServerConfig,
        etcd=etcd_members(blueprint.topology),
        authority=blueprint.authority,
        advertise_address=master_ip(number),
    )
    return ActorPlan(APISERVER, lambda: ApiServer(config))


def scheduler(blueprint: Blueprint) -> ActorPlan:
    """Return a replica of the scheduler, one of which leads."""
    context = SchedulerContext(
        config=blueprint.client_of(component_user(KUBE_SCHEDULER)),
        scheduler=blueprint.configured("scheduler", SchedulerConfig),
        election=blueprint.election(SCHEDULER),
    )
    return ActorPlan(SCHEDULER, lambda: Scheduler(context))


def controller_manager(blueprint: Blueprint) -> ActorPlan:
    """Return a replica of the controller manager, one of which leads."""

    def as_account(name: str) -> ClientConfig:
        return blueprint.client_of(service_account_user(_SYSTEM, name))

    config = ManagerConfig(
        controllers=controllers(blueprint),
        client=blueprint.client_of(component_user(KUBE_CONTROLLER_MANAGER)),
        as_account=as_account,
        election=blueprint.election(CONTROLLER_MANAGER),
    )
    return ActorPlan(CONTROLLER_MANAGER, lambda: ControllerManager(config))


def controllers(blueprint: Blueprint) -> Mapping[str, Kind]:
    """Return the controllers that a manager runs, with the knobs that some have."""
    chosen = blueprint.configured("node-lifecycle", NodeLifecycleTimes)

    class Tuned(NodeLifecycleController):
        grace, rates = chosen.grace, chosen.rates

    name = "node-lifecycle-controller"
    return {**CONTROLLERS, name: attrs.evolve(CONTROLLERS[name], factory=Tuned)}


def addons(blueprint: Blueprint) -> Iterator[ActorPlan]:
    """Yield what sees to it that DNS is there, if it is to be."""
    if replicas := blueprint.topology.dns_servers:
        config = blueprint.configured(
            "addons",
            AddonManagerConfig,
            client=blueprint.client_of(admin_user("system:addon-manager")),
            manifests=dns_manifests(replicas),
        )
        yield ActorPlan(ADDON_MANAGER, lambda: AddonManager(config))
