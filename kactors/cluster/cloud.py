"""The cloud around a cluster: instances, its API on a host of its own, the managers on the masters.

Knobs: ``cloud.*`` are the fields of `Troubles`, which can be changed while the cluster runs, too.
"""

from collections.abc import Iterator
from typing import Final

from kactors.apiserver.authentication.user import CLOUD_CONTROLLER_MANAGER, component_user
from kactors.cloud.manager import CloudControllerManager, CloudControllerManagerConfig
from kactors.cloud.service import CloudApi
from kactors.cloud.state import CloudState, Troubles
from kactors.cluster.addresses import PODS_CIDR, node_ip
from kactors.cluster.plan import ActorPlan, Blueprint, HostPlan
from kactors.cluster.topology import CloudOptions, Topology
from kactors.transport.envelope import Address

__all__ = ["CLOUD_HOST", "CLOUD_MANAGER", "cloud_api", "cloud_controller_manager", "launch",
           "launched"]  # fmt: skip

#: Outside of the cluster.
CLOUD_HOST: Final = "cloud"
CLOUD_MANAGER: Final = "cloud-controller-manager"
_API: Final = "cloud-api"


def launched(topology: Topology) -> CloudState | None:
    """Return a new cloud with an instance for every node; ``None`` if there is to be none."""
    options = topology.cloud
    if options is None:
        return None
    state = CloudState(options.region)
    for number, name in enumerate(topology.node_names, 1):
        launch(state, topology, number, name)
    return state


def launch(state: CloudState, topology: Topology, number: int, name: str) -> None:
    """Launch the instance of a node."""
    options = topology.cloud or CloudOptions()
    state.launch(
        name,
        zone=topology.zone(number),
        internal_ip=node_ip(number),
        kind=options.instance_type,
    )


def cloud_api(blueprint: Blueprint) -> Iterator[HostPlan]:
    """Yield the host that serves the cloud's API, if there is a cloud."""
    state = blueprint.cloud
    if state is not None:
        state.troubles = blueprint.configured("cloud", Troubles)
        yield HostPlan(CLOUD_HOST, "", (ActorPlan(_API, lambda: CloudApi(state)),))


def cloud_controller_manager(blueprint: Blueprint) -> Iterator[ActorPlan]:
    """Yield a replica of the cloud controller manager, one of which leads, if there is a cloud."""
    if blueprint.cloud is None:
        return
    config = CloudControllerManagerConfig(
        client=blueprint.client_of(component_user(CLOUD_CONTROLLER_MANAGER)),
        api=Address(CLOUD_HOST, _API),
        cluster_cidr=PODS_CIDR,
        election=blueprint.election(CLOUD_MANAGER),
    )
    yield ActorPlan(CLOUD_MANAGER, lambda: CloudControllerManager(config))
