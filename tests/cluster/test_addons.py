"""Addons: there soon, there again after somebody deletes them, and otherwise left alone."""

from collections.abc import Iterator

import pytest

from kactors.api.objects import Object
from kactors.apiserver.authentication.user import User, admin_user, component_user
from kactors.cluster.addons import AddonManager, AddonManagerConfig
from kactors.cluster.manifests import ensure_exists
from kactors.cluster.simulated import SimulatedCluster
from kactors.cluster.topology import Topology

CONFIG: Object = {
    "apiVersion": "v1",
    "kind": "ConfigMap",
    "metadata": {"name": "addon", "namespace": "kube-system"},
    "data": {"a": "1"},
}


@pytest.fixture
def cluster() -> Iterator[SimulatedCluster]:
    """Give a control plane without nodes."""
    with SimulatedCluster(Topology.of(masters=1, nodes=0), seed=2) as made:
        made.wait_until_ready()
        yield made


def run_manager(cluster: SimulatedCluster, user: User) -> AddonManager:
    """Run a manager on the only master from now on; return it."""
    client = cluster.blueprint.client_of(user)
    made = AddonManager(AddonManagerConfig(client=client, manifests=(CONFIG,), check_seconds=10))
    cluster.world.hosts["m1"].deploy(lambda: made, "addons")
    return made


def test_what_is_deleted_comes_back_and_what_is_changed_stays(cluster: SimulatedCluster) -> None:
    """Every ten seconds or so the manager looks, and creates what is missing."""
    manager = run_manager(cluster, admin_user())
    cluster.world.run_for(3)
    assert cluster.observer.object("configmaps", "addon", "kube-system") is not None

    cluster.apply({**CONFIG, "data": {"a": "2"}})
    cluster.world.run_for(12)
    found = cluster.observer.object("configmaps", "addon", "kube-system")
    assert found is not None
    assert found["data"] == {"a": "2"}
    assert manager.created == 1

    cluster.call(lambda client: client.resource("configmaps").delete("addon", "kube-system"))
    cluster.world.run_for(12)
    assert cluster.observer.object("configmaps", "addon", "kube-system") is not None
    assert manager.created == 2


def test_a_manager_tries_until_it_may(cluster: SimulatedCluster) -> None:
    """Refusals are no reason to give up: rights may come."""
    manager = run_manager(cluster, component_user("addons"))
    cluster.world.run_for(5)
    assert manager.created == 0

    cluster.apply(
        {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "ClusterRoleBinding",
            "metadata": {"name": "addons"},
            "roleRef": {
                "apiGroup": "rbac.authorization.k8s.io",
                "kind": "ClusterRole",
                "name": "cluster-admin",
            },
            "subjects": [
                {"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "addons"}
            ],
        }
    )
    cluster.world.run_for(5)
    assert manager.created == 1


def test_only_who_has_created_says_so(cluster: SimulatedCluster) -> None:
    """The second finds it there."""
    assert cluster.call(lambda client: ensure_exists(client, CONFIG))
    assert not cluster.call(lambda client: ensure_exists(client, CONFIG))
