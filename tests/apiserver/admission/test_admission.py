"""Tests of admission plugins, as clients meet them."""

from typing import Any

import pytest

from kactors.api.errors import Forbidden, NotFound
from kactors.api.objects import Object
from kactors.apiserver.admission.service_account import MOUNT_PATH
from kactors.apiserver.authentication.user import node_user
from tests.apiserver.cluster import Api, Cluster, config_map, pod, refusal, service_account


def namespace(name: str) -> Object:
    """Return a Namespace to be created."""
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}


def node(name: str, **labels: str) -> Object:
    """Return a Node to be created."""
    return {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name, "labels": labels}}


def priority_class(name: str, value: int, **more: Any) -> Object:
    """Return a PriorityClass to be created."""
    return {
        "apiVersion": "scheduling.k8s.io/v1",
        "kind": "PriorityClass",
        "metadata": {"name": name},
        "value": value,
        **more,
    }


def test_nothing_is_created_where_there_is_no_namespace() -> None:
    """It is 404 of the namespace; one that was just created elsewhere is found."""

    async def story(api: Api) -> None:
        problem = await refusal(api.create(config_map("a", "nowhere")))
        await api.at("a1").create(namespace("fresh"))
        await api.at("a2").create(config_map("a", "fresh"))

        assert isinstance(problem, NotFound)
        assert str(problem) == 'namespaces "nowhere" not found'

    with Cluster(replicas=2) as cluster:
        cluster.run(story)


def test_the_clusters_own_namespaces_stay() -> None:
    """They cannot be deleted."""

    async def story(api: Api) -> None:
        for name in ("default", "kube-system", "kube-public"):
            problem = await refusal(api.delete("namespaces", "", name))
            assert isinstance(problem, Forbidden)
            assert "this namespace may not be deleted" in str(problem)

    with Cluster() as cluster:
        cluster.run(story)


def test_every_pod_runs_as_a_service_account() -> None:
    """By default as ``default``, whose token is in a volume; without it there is no pod."""

    async def story(api: Api) -> None:
        problem = await refusal(api.create(pod("p")))
        await api.create({**service_account(), "imagePullSecrets": [{"name": "registry"}]})
        made = await api.create(pod("p"))
        quiet = await api.create(pod("q", automountServiceAccountToken=False))

        assert isinstance(problem, Forbidden)
        assert "error looking up service account default/default" in str(problem)
        assert made["spec"]["serviceAccountName"] == "default"
        assert made["spec"]["imagePullSecrets"] == [{"name": "registry"}]
        (mount,) = made["spec"]["containers"][0]["volumeMounts"]
        (volume,) = made["spec"]["volumes"]
        assert (mount["mountPath"], mount["name"]) == (MOUNT_PATH, volume["name"])
        assert len(volume["projected"]["sources"]) == 3
        assert "volumes" not in quiet["spec"]

    with Cluster() as cluster:
        cluster.run(story)


def test_the_name_of_a_priority_class_becomes_a_number() -> None:
    """The class's, the default one's, or zero; a pod cannot claim another."""

    async def story(api: Api) -> None:
        await api.create(service_account())
        await api.create(priority_class("high", 1000, preemptionPolicy="Never"))

        plain = await api.create(pod("plain"))
        high = await api.create(pod("high", priorityClassName="high"))
        critical = await api.create(pod("critical", priorityClassName="system-node-critical"))
        unknown = await refusal(api.create(pod("x", priorityClassName="none")))
        claimed = await refusal(api.create(pod("x", priorityClassName="high", priority=2000)))
        await api.create(priority_class("usual", 50, globalDefault=True))
        usual = await api.create(pod("usual"))
        second = await refusal(api.create(priority_class("other", 60, globalDefault=True)))

        assert (plain["spec"]["priority"], high["spec"]["priority"]) == (0, 1000)
        assert high["spec"]["preemptionPolicy"] == "Never"
        assert critical["spec"]["priority"] == 2_000_001_000
        assert "no PriorityClass with name none was found" in str(unknown)
        assert "must not be provided in pod spec" in str(claimed)
        assert (usual["spec"]["priority"], usual["spec"]["priorityClassName"]) == (50, "usual")
        assert "already marked as default" in str(second)

    with Cluster() as cluster:
        cluster.run(story)


def test_pods_tolerate_lost_nodes_for_five_minutes() -> None:
    """Unless they say for how long themselves."""

    async def story(api: Api) -> None:
        await api.create(service_account())
        own = {
            "key": "node.kubernetes.io/not-ready",
            "operator": "Exists",
            "effect": "NoExecute",
            "tolerationSeconds": 5,
        }

        plain = await api.create(pod("plain"))
        choosy = await api.create(pod("choosy", tolerations=[own]))
        always = await api.create(pod("always", tolerations=[{"operator": "Exists"}]))

        seconds = {each["key"]: each["tolerationSeconds"] for each in plain["spec"]["tolerations"]}
        assert seconds == {
            "node.kubernetes.io/not-ready": 300,
            "node.kubernetes.io/unreachable": 300,
        }
        assert [each["tolerationSeconds"] for each in choosy["spec"]["tolerations"]] == [5, 300]
        assert always["spec"]["tolerations"] == [{"operator": "Exists"}]

    with Cluster() as cluster:
        cluster.run(story)


def test_new_nodes_are_not_ready() -> None:
    """They have the taint once, also if they bring it along."""

    async def story(api: Api) -> None:
        taint = {"key": "node.kubernetes.io/not-ready", "effect": "NoSchedule"}
        own = {**node("n2"), "spec": {"taints": [taint, {"key": "gpu", "effect": "NoExecute"}]}}

        plain, tainted = await api.create(node("n1")), await api.create(own)

        assert plain["spec"]["taints"] == [taint]
        assert [each["key"] for each in tainted["spec"]["taints"]] == [taint["key"], "gpu"]

    with Cluster() as cluster:
        cluster.run(story)


def test_claims_get_the_default_storage_class() -> None:
    """The newest that is marked; one that names a class, or none on purpose, keeps that."""

    async def story(api: Api) -> None:
        def claim(name: str, **spec: Any) -> Object:
            requests = {"requests": {"storage": "1Gi"}}
            made = {"accessModes": ["ReadWriteOnce"], "resources": requests, **spec}
            meta = {"name": name, "namespace": "default"}
            return {
                "apiVersion": "v1",
                "kind": "PersistentVolumeClaim",
                "metadata": meta,
                "spec": made,
            }

        without = await api.create(claim("without"))
        for name in ("fast", "slow"):
            marked = {"storageclass.kubernetes.io/is-default-class": str(name == "fast").lower()}
            await api.create(
                {
                    "apiVersion": "storage.k8s.io/v1",
                    "kind": "StorageClass",
                    "metadata": {"name": name, "annotations": marked},
                    "provisioner": "example.com/disk",
                }
            )

        chosen = await api.create(claim("chosen"))
        named = await api.create(claim("named", storageClassName="slow"))
        none = await api.create(claim("none", storageClassName=""))

        assert "storageClassName" not in without["spec"]
        assert chosen["spec"]["storageClassName"] == "fast"
        assert named["spec"]["storageClassName"] == "slow"
        assert none["spec"]["storageClassName"] == ""

    with Cluster() as cluster:
        cluster.run(story)


# NodeRestriction ------------------------------------------------------------------------------


async def two_nodes(api: Api) -> tuple[Api, Object, Object]:
    """Create nodes n1 and n2 with a pod on each; return n1's view and the pods."""
    await api.create(service_account())
    for name in ("n1", "n2"):
        await api.create(node(name))
    mine, other = [await api.create(pod(f"on-{name}", node=name)) for name in ("n1", "n2")]
    return api.acting_as(node_user("n1")), mine, other


def test_a_kubelet_reports_on_its_own_pods_only() -> None:
    """Status, deletion and eviction of pods of other nodes are refused."""

    async def story(api: Api) -> None:
        kubelet, mine, other = await two_nodes(api)
        running = {"status": {"phase": "Running"}}

        seen = await kubelet.patch("pods", "default", "on-n1", running, "status")
        labelled = {"metadata": {"labels": {"a": "b"}}}
        refusals = [
            await refusal(kubelet.patch("pods", "default", "on-n2", running, "status")),
            await refusal(kubelet.patch("pods", "default", "on-n1", labelled, "status")),
            await refusal(kubelet.delete("pods", "default", "on-n2")),
            await refusal(kubelet.post("pods", "default", "on-n2", "eviction", {})),
            await refusal(kubelet.create(pod("new", node="n1"))),
        ]
        await kubelet.delete("pods", "default", "on-n1", {"gracePeriodSeconds": 0})

        assert seen["status"]["phase"] == "Running"
        assert [type(problem) for problem in refusals] == [Forbidden] * 5
        assert mine["spec"]["nodeName"] != other["spec"]["nodeName"]

    with Cluster() as cluster:
        cluster.run(story)


def test_a_kubelet_registers_and_reports_itself_only() -> None:
    """Other nodes, taints, and labels that would attract others' pods are refused."""

    async def story(api: Api) -> None:
        kubelet, *_ = await two_nodes(api)
        third = api.acting_as(node_user("n3"))
        capacity = {"status": {"capacity": {"cpu": "4"}}}

        made = await third.create(node("n3", **{"topology.kubernetes.io/zone": "a", "own": "x"}))
        seen = await kubelet.patch("nodes", "", "n1", capacity, "status")
        refusals = [
            await refusal(kubelet.create(node("n4"))),
            await refusal(kubelet.patch("nodes", "", "n2", capacity, "status")),
            await refusal(kubelet.patch("nodes", "", "n1", {"spec": {"taints": None}})),
            await refusal(
                kubelet.patch(
                    "nodes",
                    "",
                    "n1",
                    {"metadata": {"labels": {"node-restriction.kubernetes.io/team": "x"}}},
                )
            ),
            await refusal(kubelet.delete("nodes", "", "n1")),
        ]

        assert made["metadata"]["labels"]["own"] == "x"
        assert seen["status"]["capacity"] == {"cpu": "4"}
        assert [type(problem) for problem in refusals] == [Forbidden] * 5

    with Cluster() as cluster:
        cluster.run(story)


def test_a_mirror_pod_belongs_to_its_node() -> None:
    """A kubelet may show pods of its own files, which use nothing of the cluster's."""

    async def story(api: Api) -> None:
        kubelet, *_ = await two_nodes(api)
        owner = await api.get("nodes", "", "n1")
        reference = {
            "apiVersion": "v1",
            "kind": "Node",
            "name": "n1",
            "uid": owner["metadata"]["uid"],
            "controller": True,
        }

        def mirror(name: str, owners: list[Object], **spec: Any) -> Object:
            made = pod(name, node="n1", **spec)
            made["metadata"]["annotations"] = {"kubernetes.io/config.mirror": "1"}
            made["metadata"]["ownerReferences"] = owners
            return made

        made = await kubelet.create(mirror("good", [reference]))
        secret = [{"name": "v", "secret": {"secretName": "s"}}]
        for bad in (
            mirror("a", []),
            mirror("b", [{**reference, "uid": "other"}]),
            mirror("c", [{**reference, "controller": False}]),
            mirror("d", [reference], volumes=secret),
            mirror("e", [reference], serviceAccountName="default"),
        ):
            assert isinstance(await refusal(kubelet.create(bad)), Forbidden)

        assert "serviceAccountName" not in made["spec"]

    with Cluster() as cluster:
        cluster.run(story)


@pytest.mark.parametrize("what", ["bound", "unbound", "elsewhere", "no-uid"])
def test_a_kubelet_gets_tokens_for_its_pods_only(what: str) -> None:
    """Bound to a pod on the node, by name and uid."""

    async def story(api: Api) -> None:
        kubelet, mine, other = await two_nodes(api)
        chosen = other if what == "elsewhere" else mine
        bound = {
            "apiVersion": "v1",
            "kind": "Pod",
            "name": chosen["metadata"]["name"],
            "uid": chosen["metadata"]["uid"],
        }
        if what == "no-uid":
            del bound["uid"]
        spec: Object = {} if what == "unbound" else {"boundObjectRef": bound}
        asking = kubelet.post("serviceaccounts", "default", "default", "token", {"spec": spec})
        if what == "bound":
            made = await asking
            robot = api.with_token(made["status"]["token"])
            said = str(await refusal(robot.get("secrets", "default", "x")))
            assert 'User "system:serviceaccount:default:default"' in said
        else:
            assert isinstance(await refusal(asking), Forbidden)

    with Cluster() as cluster:
        cluster.run(story)


def test_a_kubelet_holds_its_own_lease_only() -> None:
    """In the namespace for leases of nodes, under its own name."""
    with Cluster() as cluster:

        async def story(api: Api) -> None:
            kubelet, _, _ = await two_nodes(api)

            made = await kubelet.create(lease("n1"))
            renewed = await kubelet.update(made)
            refusals = [
                await refusal(kubelet.create(lease("n2"))),
                await refusal(kubelet.create(lease("n1", "default"))),
                await refusal(kubelet.delete("leases", "kube-node-lease", "n2")),
            ]

            assert renewed == made
            assert [each.code for each in refusals] == [403, 403, 403]

        cluster.run(story)


def lease(name: str, namespace: str = "kube-node-lease") -> Object:
    """Return a Lease to be created."""
    return {
        "apiVersion": "coordination.k8s.io/v1",
        "kind": "Lease",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"holderIdentity": name},
    }
