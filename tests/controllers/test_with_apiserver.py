"""Tests of the controller manager before a real apiserver over etcd, with upstream's rights."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, TypeVar

from kactors.actors import Address, System
from kactors.actors.system_asker import SystemAsker as ClientAsker
from kactors.api.errors import ApiError, Conflict, NotFound
from kactors.api.meta import (
    format_time,
    is_being_deleted,
    name_of,
    namespace_of,
    resource_version_of,
)
from kactors.api.objects import Object, replaced
from kactors.apiserver.authentication.user import (
    AUTHENTICATED,
    KUBE_CONTROLLER_MANAGER,
    User,
    service_account_user,
)
from kactors.client.config import ClientConfig
from kactors.client.errors import ClientError
from kactors.client.rest import Client
from kactors.controllers.controller_manager import (
    NAME,
    ControllerManager,
    InspectManager,
    ManagerConfig,
    ManagerReport,
)
from kactors.runtime import current_host, sleep
from tests.apiserver.cluster import ADMIN, AUTHORITY, CLIENT, Cluster

ResultT = TypeVar("ResultT")


def account_token(name: str) -> str:
    """Return the token of a service account in kube-system."""
    return AUTHORITY.for_user(service_account_user("kube-system", name))


class RealPlane:
    """One member of etcd, one apiserver, one controller manager, and a hand that plays kubelet."""

    def __init__(self) -> None:
        self.cluster = Cluster()
        self.replicas = tuple(Address(name, "apiserver") for name in self.cluster.replicas)
        manager = User(KUBE_CONTROLLER_MANAGER, (AUTHENTICATED,))
        config = ManagerConfig(
            client=self.config(AUTHORITY.for_user(manager)),
            as_account=lambda name: self.config(account_token(name)),
        )
        self.cluster.world.add_host("kcm").deploy(partial(ControllerManager, config), NAME)
        self.call(self.first)

    def config(self, token: str) -> ClientConfig:
        """Return how somebody reaches the apiserver."""
        return ClientConfig(replicas=self.replicas, token=token)

    def call(self, work: Callable[[Client], Awaitable[ResultT]]) -> ResultT:
        """Do something as the administrator."""

        async def main(system: System) -> ResultT:
            return await work(Client.connect(ClientAsker(system), self.config(ADMIN)))

        result: ResultT = self.cluster.world.call(CLIENT, main)
        return result

    async def first(self, client: Client) -> None:
        """Wait until the apiserver serves; make a node."""
        while True:
            try:
                await client.resource("namespaces").get("default")
                break
            except (ApiError, ClientError):
                await sleep(0.5)
        node = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n1"}}
        await client.resource("nodes").create(node)

    async def kubelet(self, client: Client) -> None:
        """Bind pods, let them be ready, and let those go that leave."""
        pods = client.resource("pods")
        for pod in (await pods.list()).items:
            try:
                await self.serve(client, pod)
            except (Conflict, NotFound):
                continue

    async def serve(self, client: Client, pod: Object) -> None:
        """Do for one pod what scheduler and kubelet do."""
        pods = client.resource("pods")
        if is_being_deleted(pod):
            await pods.delete(name_of(pod), namespace_of(pod), options={"gracePeriodSeconds": 0})
            return
        if not pod["spec"].get("nodeName"):
            await pods.bind(pod, "n1")
            return
        if pod["status"].get("phase", "Pending") == "Pending":
            job = pod["spec"]["restartPolicy"] == "Never"
            now = format_time(current_host().clock.wall_ns())
            ready = {"type": "Ready", "status": "True", "lastTransitionTime": now}
            status = {"phase": "Succeeded" if job else "Running", "podIP": "10.0.0.1",
                      "podIPs": [{"ip": "10.0.0.1"}], "conditions": [ready]}  # fmt: skip
            await pods.update_status(replaced(pod, {**pod["status"], **status}, "status"))

    def live(self, rounds: int = 6) -> None:
        """Let time pass, with a kubelet."""
        for _ in range(rounds):
            self.cluster.world.run_for(1.0)
            self.call(self.kubelet)

    def create(self, resource: str, obj: Object) -> None:
        """Create an object."""
        self.call(lambda client: client.resource(resource).create(obj))

    def delete(self, resource: str, name: str, policy: str) -> None:
        """Delete an object in the namespace ``shop``."""

        async def work(client: Client) -> None:
            options = {"propagationPolicy": policy}
            await client.resource(resource).delete(name, "shop", options=options)

        self.call(work)

    def list(self, resource: str, namespace: str) -> list[Object]:
        """Return the objects of a namespace."""

        async def work(client: Client) -> list[Object]:
            return list((await client.resource(resource).list(namespace)).items)

        return self.call(work)

    def revisions(self, namespace: str) -> dict[str, str]:
        """Return the resource version of whatever controllers write in a namespace."""
        return {
            f"{resource}/{name_of(each)}": resource_version_of(each)
            for resource in ("deployments", "replicasets", "jobs", "pods", "endpoints",
                             "endpointslices", "poddisruptionbudgets")
            for each in self.list(resource, namespace)
        }  # fmt: skip

    def report(self) -> ManagerReport:
        """Ask the manager what it does."""

        async def main(system: System) -> ManagerReport:
            return await system.ref(Address("kcm", NAME)).request(InspectManager())

        found: ManagerReport = self.cluster.world.call(CLIENT, main)
        return found


def workload(api_version: str, kind: str, name: str, restart: str = "Always",
             **spec: Any) -> Object:  # fmt: skip
    """Return an object with a pod template, in the namespace ``shop``."""
    pod_spec = {"containers": [{"name": "main", "image": "web:1"}], "restartPolicy": restart}
    template = {"metadata": {"labels": {"app": name}}, "spec": pod_spec}
    return {
        "apiVersion": api_version,
        "kind": kind,
        "metadata": {"name": name, "namespace": "shop"},
        "spec": {"template": template, **spec},
    }


def test_a_shop_opens_and_closes() -> None:
    """A Deployment, its endpoints and a Job come up; the namespace goes with all of it."""
    plane = RealPlane()
    with plane.cluster:
        namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}}
        plane.create("namespaces", namespace)
        plane.cluster.world.run_for(1.0)
        selector = {"matchLabels": {"app": "web"}}
        web = workload("apps/v1", "Deployment", "web", replicas=3, selector=selector)
        plane.create("deployments", web)
        plane.create("jobs", workload("batch/v1", "Job", "work", "Never", completions=4,
                                      parallelism=2))  # fmt: skip
        service = {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": "web", "namespace": "shop"},
            "spec": {"selector": {"app": "web"}, "ports": [{"port": 80}]},
        }
        plane.create("services", service)
        budget = {
            "apiVersion": "policy/v1",
            "kind": "PodDisruptionBudget",
            "metadata": {"name": "web", "namespace": "shop"},
            "spec": {"selector": selector, "maxUnavailable": 1},
        }
        plane.create("poddisruptionbudgets", budget)
        plane.live(8)
        (deployment,) = plane.list("deployments", "shop")
        assert deployment["status"]["availableReplicas"] == 3
        assert deployment["metadata"]["annotations"]["deployment.kubernetes.io/revision"] == "1"
        (slice_,) = plane.list("endpointslices", "shop")
        assert len(slice_["endpoints"]) == 3
        (job,) = plane.list("jobs", "shop")
        assert job["status"]["succeeded"] == 4
        (pdb,) = plane.list("poddisruptionbudgets", "shop")
        assert pdb["status"]["disruptionsAllowed"] == 1
        assert [name_of(each) for each in plane.list("serviceaccounts", "shop")] == ["default"]
        before = plane.revisions("shop")
        plane.cluster.world.run_for(5.0)
        assert plane.revisions("shop") == before, "at rest nothing is written"
        secret = {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": "token", "namespace": "shop",
                         "annotations": {"kubernetes.io/service-account.name": "default"}},
            "type": "kubernetes.io/service-account-token",
        }  # fmt: skip
        plane.create("secrets", secret)
        plane.live(2)
        (filled,) = plane.list("secrets", "shop")
        assert {"token", "namespace"} <= filled["data"].keys()
        plane.call(lambda client: client.resource("namespaces").delete("shop"))
        plane.live(15)
        names = [name_of(each) for each in plane.list("namespaces", "")]
        assert "shop" not in names
        for resource in ("pods", "jobs", "replicasets", "secrets", "endpointslices"):
            assert plane.list(resource, "shop") == []


def test_owners_take_what_they_own_with_them() -> None:
    """Deleting a Deployment takes its ReplicaSet and pods; an orphaned ReplicaSet stays."""
    plane = RealPlane()
    with plane.cluster:
        namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}}
        plane.create("namespaces", namespace)
        plane.cluster.world.run_for(1.0)
        for name in ("web", "old"):
            selector = {"matchLabels": {"app": name}}
            plane.create("deployments", workload("apps/v1", "Deployment", name, replicas=2,
                                                 selector=selector))  # fmt: skip
        plane.live(4)
        assert len(plane.list("pods", "shop")) == 4
        for name, policy in (("web", "Foreground"), ("old", "Orphan")):
            plane.delete("deployments", name, policy)
        plane.live(8)
        assert plane.list("deployments", "shop") == []
        (kept,) = plane.list("replicasets", "shop")
        assert kept["metadata"]["labels"]["app"] == "old"
        assert not kept["metadata"].get("ownerReferences")
        assert len(plane.list("pods", "shop")) == 2
        unsynced = plane.report().unsynced
        assert set(unsynced) <= {"controllerrevisions.apps"}
