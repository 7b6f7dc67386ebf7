"""What each component may do, and what it may not: each line tried before a real apiserver.

Everybody asks under its own identity: controllers with tokens of their service accounts, the
others with what stands for their certificates.
"""

from collections.abc import Iterator, Mapping
from itertools import product
from types import MappingProxyType
from typing import Any

import attrs

from kactors.actors import Address
from kactors.api.codec import decode, encode_value
from kactors.api.errors import ApiError
from kactors.api.objects import Object, deep_copy
from kactors.api.registry import REGISTRY
from kactors.api.requests import ApiRequest, ApiResponse
from kactors.apiserver.authentication.tokens import ServiceAccountClaims, TokenAuthority
from kactors.apiserver.authentication.user import (
    admin_user,
    component_user,
    node_user,
)
from kactors.apiserver.policy.controller_roles import controller_roles
from kactors.controllers.controller_manager import CONTROLLERS as KINDS
from tests.apiserver.cluster import AUTHORITY, Api, Cluster, config_map, pod, service_account
from tests.cluster.rbac_table import COMPONENTS, CONTROLLERS, FOREIGN, VERBS, Rows

MIRROR = "kubernetes.io/config.mirror"
_NO_NAME = ("list", "watch", "create", "deletecollection")
_CLUSTER_SCOPED = {each.plural for each in REGISTRY if not each.namespaced}
_REFUSED = (401, 403)


@attrs.frozen
class Line:
    """One thing to be tried.

    Attributes:
        verb, resource: what; the resource as in the table, maybe with ``=NAME`` of an object.
        allowed: whether it is to be allowed; what else is wrong with the request is of no matter.
    """

    verb: str
    resource: str
    allowed: bool

    def request(self, token: str) -> ApiRequest:
        """Return it as a request, about an object that is not there unless it is named."""
        whole, _, name = self.resource.partition("=")
        path, _, group = whole.partition(".")
        resource, _, subresource = path.partition("/")
        collective = self.verb in _NO_NAME and not subresource
        where = "kube-system" if resource == "leases" else "default"
        return ApiRequest(
            self.verb,
            group,
            "v1",
            resource,
            "" if resource in _CLUSTER_SCOPED or "reviews" in resource else where,
            "" if collective else name or "none",
            subresource,
            query={"fieldSelector": f"metadata.name={name or 'none'}"} if collective else {},
            body=b"" if self.verb in {"get", "list", "watch"} else encode_value({}),
            content_type="application/merge-patch+json" if self.verb == "patch" else "",
            token=token,
        )


def lines(rows: Rows) -> Iterator[Line]:
    """Yield all that is said about one identity: what it has, and that it has nothing else."""
    for resource, verbs in rows.items():
        for verb in VERBS:
            yield Line(verb, resource, verb in verbs.split())
    for resource in FOREIGN:
        if resource not in rows:
            for verb in ("get", "create", "patch", "delete"):
                yield Line(verb, resource, False)


async def contradictions(api: Api, token: str, tried: Iterator[Line]) -> list[Line]:
    """Return the lines with which the apiserver does not agree."""
    target = api.system.ref(Address(api.replicas[0], "apiserver"))
    found = []
    for line in tried:
        answer = await target.request(line.request(token))
        if _is_refusal(answer, line) == line.allowed:
            found.append(line)
    return found


def _is_refusal(answer: ApiResponse, line: Line) -> bool:
    """Tell whether the answer says that the user may not; admission has other words."""
    if answer.code == 401:
        return True
    said = decode(answer.body)["message"] if answer.code == 403 else ""
    return f" cannot {line.verb} resource " in said


async def account_token(api: Api, namespace: str, name: str) -> str:
    """Create a service account and return a token of it, as the apiserver issues it."""
    await api.create(service_account(name, namespace))
    wanted = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}}
    issued = await api.post("serviceaccounts", namespace, name, "token", wanted)
    token: str = issued["status"]["token"]
    return token


async def token_of(api: Api, user: str) -> str:
    """Return the token of one of the identities of the table."""
    kind, _, rest = user.removeprefix("system:").partition(":")
    if kind == "serviceaccount":
        namespace, _, name = rest.partition(":")
        return await account_token(api, namespace, name)
    if user == "system:anonymous":
        return ""
    return AUTHORITY.for_user(admin_user() if user == "kubernetes-admin" else component_user(user))


def tried() -> Mapping[str, list[Line]]:
    """Return the whole table, by user."""
    controllers = {
        f"system:serviceaccount:kube-system:{name}": [*lines(rows), *promised(name)]
        for name, rows in CONTROLLERS.items()
    }
    return {**controllers, **{user: list(lines(rows)) for user, rows in COMPONENTS.items()}}


def promised(controller: str) -> Iterator[Line]:
    """Yield what the bootstrap role of a controller gives it, resource by resource."""
    [role] = [
        each
        for each in controller_roles()
        if each["metadata"]["name"] == f"system:controller:{controller}"
    ]
    for rule in role["rules"]:
        for group, resource, verb in product(rule["apiGroups"], rule["resources"], rule["verbs"]):
            if "*" not in f"{group}{resource}":
                yield Line(verb, f"{resource}.{group}" if group else resource, True)


def test_no_controller_is_left_out() -> None:
    """The table has each account under which one of the manager's controllers writes."""
    accounts = {kind.account for kind in KINDS.values() if kind.account}

    assert accounts == set(CONTROLLERS)


def test_each_line_of_the_table_is_true() -> None:
    """Every verb on every resource that an identity has to do with, and on some that it has not."""
    table = tried()

    async def story(api: Api) -> dict[str, list[Line]]:
        found = {}
        for user, wanted in table.items():
            wrong = await contradictions(api, await token_of(api, user), iter(wanted))
            if wrong:
                found[user] = wrong
        return found

    with Cluster() as cluster:
        assert cluster.run(story) == {}
    assert sum(map(len, table.values())) > 1000
    assert sum(line.allowed for each in table.values() for line in each) > 600


def test_a_hole_in_the_policy_is_seen() -> None:
    """One verb too many and one too few: just these two lines object."""
    user = "system:serviceaccount:kube-system:replicaset-controller"
    role = "system:controller:replicaset-controller"

    async def story(api: Api) -> list[Line]:
        token = await token_of(api, user)
        found = deep_copy(await api.get("clusterroles", "", role))
        for rule in found["rules"]:
            if rule["resources"] == ["pods"]:
                rule["verbs"] = ["list", "watch", "patch", "create", "update"]
        await api.update(found)
        return await contradictions(api, token, iter(tried()[user]))

    with Cluster() as cluster:
        wrong = cluster.run(story)

    assert list(dict.fromkeys(wrong)) == [
        Line("update", "pods", False),
        Line("delete", "pods", True),
    ]


def test_tokens_that_prove_nothing() -> None:
    """Expired, another cluster's, of an account that is gone, or no token at all: 401."""

    async def story(api: Api) -> None:
        token = await account_token(api, "default", "gone")
        account = await api.get("serviceaccounts", "default", "gone")
        claims = ServiceAccountClaims(
            "default", "gone", account["metadata"]["uid"], 1, (AUTHORITY.issuer,)
        )
        expired = AUTHORITY.for_service_account(claims, now_s=0)
        foreign = TokenAuthority.from_seed(99).for_user(admin_user())
        for wrong in (expired, foreign, "nonsense"):
            assert await code(api.with_token(wrong)) == 401
        assert await code(api.with_token(token)) == 403
        await api.delete("serviceaccounts", "default", "gone")
        assert await code(api.with_token(token)) == 401

    async def code(api: Api) -> int:
        try:
            await api.list("pods", "default")
        except ApiError as problem:
            return problem.code
        return 200

    with Cluster() as cluster:
        cluster.run(story)


def mirror_pod(name: str, node: Object, **metadata: Any) -> Object:
    """Return the pod with which a kubelet shows one that it runs from a file."""
    made = pod(name, node="n1")
    owner = {
        "apiVersion": "v1",
        "kind": "Node",
        "name": "n1",
        "uid": node["metadata"]["uid"],
        "controller": True,
    }
    made["metadata"] |= {"annotations": {MIRROR: "x"}, "ownerReferences": [owner], **metadata}
    return made


def lease(name: str, namespace: str = "kube-node-lease") -> Object:
    """Return a Lease."""
    metadata = {"name": name, "namespace": namespace}
    return {
        "apiVersion": "coordination.k8s.io/v1",
        "kind": "Lease",
        "metadata": metadata,
        "spec": {},
    }


async def prepare(api: Api) -> tuple[Object, Object]:
    """Create two nodes, a pod on each, what these use, and what they do not; return the nodes."""
    nodes = [
        await api.create({"apiVersion": "v1", "kind": "Node", "metadata": {"name": name}})
        for name in ("n1", "n2")
    ]
    for name in ("default", "other"):
        await api.create(service_account(name))
    for number in "123":
        await api.create(config_map(f"c{number}"))
        secret = {**config_map(f"s{number}"), "kind": "Secret"}
        await api.create({**secret, "data": {}})
    for number in "12":
        volumes = [
            {"name": "c", "configMap": {"name": f"c{number}"}},
            {"name": "s", "secret": {"secretName": f"s{number}"}},
        ]
        await api.create(pod(f"p{number}", node=f"n{number}", volumes=volumes))
        await api.create(lease(f"n{number}"))
    await api.create(pod("waiting"))
    return nodes[0], nodes[1]


async def may(api: Api, verb: str, kind: str, namespace: str = "", name: str = "",
              subresource: str = "", body: Object | None = None,
              query: Mapping[str, str] = MappingProxyType({})) -> bool:  # fmt: skip
    """Tell whether something is neither unauthorised nor forbidden."""
    try:
        if verb == "patch":
            await api.patch(kind, namespace, name, body or {}, subresource)
        else:
            await api.ask(
                verb, kind, namespace, name, subresource=subresource, body=body, query=query
            )
    except ApiError as problem:
        return problem.code not in _REFUSED
    return True


def test_a_kubelet_may_read_what_its_pods_use() -> None:
    """Its own node, pods and Lease, the Secrets and ConfigMaps of its pods; nothing of others."""

    async def story(api: Api) -> None:
        await prepare(api)
        kubelet = api.acting_as(node_user("n1"))
        here, there = {"fieldSelector": "spec.nodeName=n1"}, {"fieldSelector": "spec.nodeName=n2"}
        readings: list[tuple[bool, str, str, str, str, dict[str, str]]] = [
            (True, "get", "nodes", "", "n1", {}),
            (False, "get", "nodes", "", "n2", {}),
            (False, "list", "nodes", "", "", {}),
            (True, "list", "nodes", "", "", {"fieldSelector": "metadata.name=n1"}),
            (False, "list", "nodes", "", "", {"fieldSelector": "metadata.name=n2"}),
            (True, "list", "pods", "", "", here),
            (False, "list", "pods", "", "", there),
            (False, "list", "pods", "", "", {}),
            (True, "get", "pods", "default", "p1", {}),
            (False, "get", "pods", "default", "p2", {}),
            (False, "get", "pods", "default", "waiting", {}),
            (True, "get", "configmaps", "default", "c1", {}),
            (True, "get", "secrets", "default", "s1", {}),
            *((False, "get", "configmaps", "default", other, {}) for other in ("c2", "c3")),
            *((False, "get", "secrets", "default", other, {}) for other in ("s2", "s3")),
            *((False, "list", each, "default", "", {}) for each in ("configmaps", "secrets")),
            (True, "list", "configmaps", "default", "", {"fieldSelector": "metadata.name=c1"}),
            (False, "list", "secrets", "default", "", {"fieldSelector": "metadata.name=s2"}),
            (True, "get", "leases", "kube-node-lease", "n1", {}),
            (False, "get", "leases", "kube-node-lease", "n2", {}),
            (False, "list", "leases", "kube-node-lease", "", {}),
            (False, "get", "leases", "kube-system", "n1", {}),
            (True, "list", "services", "", "", {}),
            (True, "get", "endpoints", "default", "none", {}),
            (False, "list", "endpoints", "default", "", {}),
            *((False, "list", each, "", "", {}) for each in (
                "serviceaccounts", "persistentvolumeclaims", "persistentvolumes", "namespaces",
                "deployments", "jobs", "endpointslices", "clusterroles", "clusterrolebindings")),
        ]  # fmt: skip
        for expected, verb, kind, namespace, name, query in readings:
            found = await may(kubelet, verb, kind, namespace, name, query=query)
            assert found is expected, f"{verb} {kind} {namespace}/{name} {query}"

    with Cluster() as cluster:
        cluster.run(story)


def test_a_kubelet_may_write_only_about_itself() -> None:
    """NodeRestriction: its node without taints and others' labels, its pods' status, its Lease."""

    async def story(api: Api) -> None:
        one, _ = await prepare(api)
        kubelet = api.acting_as(node_user("n1"))
        good = {"status": {"phase": "Running"}}
        writings: list[tuple[bool, str, str, str, str, str, Object | None]] = [
            (True, "patch", "nodes", "", "n1", "status", {"status": {"capacity": {"cpu": "4"}}}),
            (False, "patch", "nodes", "", "n2", "status", {"status": {"capacity": {"cpu": "4"}}}),
            (True, "patch", "nodes", "", "n1", "", label("kubernetes.io/hostname")),
            (True, "patch", "nodes", "", "n1", "", label("example.com/anything")),
            (False, "patch", "nodes", "", "n1", "", label("node-restriction.kubernetes.io/a")),
            (False, "patch", "nodes", "", "n1", "", label("other.kubernetes.io/a")),
            (False, "patch", "nodes", "", "n2", "", label("kubernetes.io/hostname")),
            (False, "patch", "nodes", "", "n1", "", {"spec": {"taints": []} | taint()}),
            (False, "delete", "nodes", "", "n1", "", None),
            (False, "delete", "nodes", "", "n2", "", None),
            (True, "patch", "pods", "default", "p1", "status", good),
            (False, "patch", "pods", "default", "p2", "status", good),
            (False, "patch", "pods", "default", "waiting", "status", good),
            (False, "patch", "pods", "default", "p1", "status", label("a")),
            (False, "patch", "pods", "default", "p1", "", label("a")),
            (False, "create", "pods", "default", "", "", pod("p9", node="n1")),
            (True, "create", "pods", "default", "", "", mirror_pod("m1", one)),
            (False, "create", "pods", "default", "", "", mirror_pod("m2", one, annotations={})),
            (False, "create", "pods", "default", "", "", mirror_pod("m3", one, ownerReferences=[])),
            (False, "delete", "pods", "default", "p2", "", None),
            (False, "delete", "pods", "default", "waiting", "", None),
            (True, "delete", "pods", "default", "p1", "", None),
            (False, "create", "pods", "default", "p2", "binding", {}),
            (True, "patch", "leases", "kube-node-lease", "n1", "", {"spec": {}}),
            (False, "patch", "leases", "kube-node-lease", "n2", "", {"spec": {}}),
            (False, "create", "leases", "kube-node-lease", "", "", lease("n3")),
            (False, "create", "leases", "kube-system", "", "", lease("n1", "kube-system")),
            (False, "create", "serviceaccounts", "default", "other", "token", {}),
            (False, "create", "serviceaccounts", "default", "default", "token", {}),
            *((False, each, "configmaps", "default", "c1", "", {}) for each in ("patch", "delete")),
            *((False, each, "secrets", "default", "s1", "", {}) for each in ("patch", "delete")),
        ]  # fmt: skip
        for expected, verb, kind, namespace, name, subresource, body in writings:
            found = await may(kubelet, verb, kind, namespace, name, subresource, body)
            assert found is expected, f"{verb} {kind}/{subresource} {namespace}/{name} {body}"

    with Cluster() as cluster:
        cluster.run(story)


def label(key: str) -> Object:
    """Return a patch that sets a label."""
    return {"metadata": {"labels": {key: "x"}}}


def taint() -> Object:
    """Return the part of a Node that taints it."""
    return {"spec": {"taints": [{"key": "a", "effect": "NoSchedule"}]}}
