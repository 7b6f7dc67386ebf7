"""The masters: etcd, apiserver, scheduler and controller manager on each.

Knobs: ``etcd.*`` are `MemberConfig`'s, ``apiserver.*`` `ApiServerConfig`'s, ``scheduler.*``
`SchedulerConfig`'s, ``election.*`` the times of `LeaderElectionConfig` for all that elect a leader.
"""

from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from kactors.apiserver.authentication.user import (
    KUBE_CONTROLLER_MANAGER,
    KUBE_SCHEDULER,
    component_user,
    service_account_user,
)
from kactors.apiserver.config import ApiServerConfig
from kactors.apiserver.server import ApiServer
from kactors.client.config import ClientConfig
from kactors.client.leader_election import LeaderElectionConfig
from kactors.cluster.addresses import APISERVER, ETCD, etcd_members
from kactors.cluster.errors import InvalidTopology
from kactors.cluster.plan import ActorPlan, Blueprint, HostPlan
from kactors.controllers.controller_manager import ControllerManager, ManagerConfig
from kactors.errors import KactorsError
from kactors.etcd.config import MemberConfig
from kactors.etcd.member import MEMBER_POLICY, EtcdMember
from kactors.scheduler.config import SchedulerConfig
from kactors.scheduler.scheduler import Scheduler, SchedulerContext

__all__ = ["CONTROLLER_MANAGER", "SCHEDULER", "masters"]

SCHEDULER = "kube-scheduler"
CONTROLLER_MANAGER = "kube-controller-manager"
_SYSTEM = "kube-system"
ConfigT = TypeVar("ConfigT")


def masters(blueprint: Blueprint) -> Iterator[HostPlan]:
    """Yield the masters of a cluster."""
    for number, name in enumerate(blueprint.topology.master_names, 1):
        actors = (
            etcd_member(blueprint, name),
            apiserver(blueprint),
            scheduler(blueprint),
            controller_manager(blueprint),
        )
        yield HostPlan(name, blueprint.topology.zone(number), actors)


def etcd_member(blueprint: Blueprint, host: str) -> ActorPlan:
    """Return the member of etcd on ``host``."""
    members = etcd_members(blueprint.topology)
    initial = tuple((member.host, f"actor://{member}") for member in members)
    config = configured(blueprint, "etcd", MemberConfig, name=host, initial=initial)
    return ActorPlan(ETCD, lambda: EtcdMember(config), MEMBER_POLICY)


def apiserver(blueprint: Blueprint) -> ActorPlan:
    """Return a replica of the apiserver."""
    config = configured(
        blueprint,
        "apiserver",
        ApiServerConfig,
        etcd=etcd_members(blueprint.topology),
        authority=blueprint.authority,
    )
    return ActorPlan(APISERVER, lambda: ApiServer(config))


def scheduler(blueprint: Blueprint) -> ActorPlan:
    """Return a replica of the scheduler, one of which leads."""
    context = SchedulerContext(
        config=blueprint.client_of(component_user(KUBE_SCHEDULER)),
        scheduler=configured(blueprint, "scheduler", SchedulerConfig),
        election=election(blueprint, SCHEDULER),
    )
    return ActorPlan(SCHEDULER, lambda: Scheduler(context))


def controller_manager(blueprint: Blueprint) -> ActorPlan:
    """Return a replica of the controller manager, one of which leads."""

    def as_account(name: str) -> ClientConfig:
        return blueprint.client_of(service_account_user(_SYSTEM, name))

    config = ManagerConfig(
        client=blueprint.client_of(component_user(KUBE_CONTROLLER_MANAGER)),
        as_account=as_account,
        election=election(blueprint, CONTROLLER_MANAGER),
    )
    return ActorPlan(CONTROLLER_MANAGER, lambda: ControllerManager(config))


def election(blueprint: Blueprint, name: str) -> LeaderElectionConfig:
    """Return how one component's leader is elected."""
    return configured(blueprint, "election", LeaderElectionConfig, name=name)


def configured(
    blueprint: Blueprint, component: str, config: Callable[..., ConfigT], **given: Any
) -> ConfigT:
    """Return a component's configuration, with the knobs that the topology has for it.

    Raises:
        InvalidTopology: a knob is none of that component's, or has a value that it refuses.
    """
    knobs = blueprint.topology.knobs_of(component)
    try:
        return config(**{**given, **knobs})
    except (KactorsError, TypeError, ValueError) as problem:
        raise InvalidTopology(
            f"the knobs {knobs!r} of {component} are refused: {problem}"
        ) from problem
