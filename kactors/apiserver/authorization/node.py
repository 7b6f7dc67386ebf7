"""What a node's kubelet may do: its own node, its own pods, and what they refer to.

Upstream keeps a graph from secrets, config maps, claims and volumes over pods to nodes. Here the
pods of a node are found by the index of the watch cache, and what they refer to is looked through:
a node has a hundred pods at most.

Source: ``plugin/pkg/auth/authorizer/node/node_authorizer.go`` of Kubernetes, with
AuthorizeNodeWithSelectors.
"""

from collections.abc import Callable, Iterator
from typing import Final

import attrs

from kactors.api.objects import Object, field
from kactors.apiserver.authentication.user import node_of
from kactors.apiserver.authorization.attributes import Attributes
from kactors.apiserver.authorization.pod_references import (
    claims_of,
    config_maps_of,
    secrets_of,
)
from kactors.apiserver.authorization.rbac import rule_allows
from kactors.apiserver.cache.watch_cache import WatchCache
from kactors.apiserver.cache.watchers import Scope
from kactors.apiserver.policy.component_roles import node_rules

LEASE_NAMESPACE: Final = "kube-node-lease"
_READ: Final = ("get", "list", "watch")
_OWN: Final = ("get", "create", "update", "patch", "delete")


@attrs.frozen
class NodeCaches:
    """The watch caches that say what a node has to do with."""

    pods: WatchCache
    claims: WatchCache
    volumes: WatchCache


class NodeAuthorizer:
    """Decides about requests of nodes; of nobody else."""

    def __init__(self, caches: NodeCaches) -> None:
        self._caches = caches
        self._rules = node_rules()
        self._by_resource: dict[tuple[str, str], Callable[[str, Attributes], str]] = {
            ("", "secrets"): self._read_related(secrets_of),
            ("", "configmaps"): self._read_related(config_maps_of),
            ("", "persistentvolumeclaims"): self._claim,
            ("", "persistentvolumes"): self._volume,
            ("", "serviceaccounts"): self._token,
            ("", "nodes"): self._node,
            ("", "pods"): self._pod,
            ("coordination.k8s.io", "leases"): _lease,
            ("storage.k8s.io", "csinodes"): _own_object,
        }

    def decide(self, asked: Attributes) -> tuple[bool, str]:
        """Return whether a node may do it; if not, why not, if it is a node that asks."""
        node = node_of(asked.user)
        if not node:
            return False, ""
        decide = self._by_resource.get((asked.group, asked.resource))
        if decide is None:
            return any(rule_allows(rule, asked) for rule in self._rules), ""
        problem = decide(node, asked)
        return not problem, problem

    # Each of the following returns why not; an empty text is "yes".

    def _read_related(
        self, names_of: Callable[[Object], Iterator[str]]
    ) -> Callable[[str, Attributes], str]:
        def decide(node: str, asked: Attributes) -> str:
            if asked.verb not in _READ:
                return "can only read resources of this type"
            if asked.subresource:
                return "cannot read subresource"
            if not asked.namespace:
                return "can only read namespaced object of this type"
            return self._related(node, asked, names_of)

        return decide

    def _related(
        self, node: str, asked: Attributes, names_of: Callable[[Object], Iterator[str]]
    ) -> str:
        """Say whether a pod of the node refers to the object."""
        if not asked.name:
            return "No Object name found"
        for pod in self._pods(node, asked.namespace):
            if asked.name in names_of(pod):
                return ""
        return f"no relationship found between node '{node}' and this object"

    def _pods(self, node: str, namespace: str = "") -> Iterator[Object]:
        for entry in self._caches.pods.select(Scope(namespace, "", node)):
            yield entry.object

    def _claim(self, node: str, asked: Attributes) -> str:
        if asked.subresource == "status":
            if asked.verb not in {"update", "patch"}:
                return "can only get/update/patch this type"
        elif problem := _only_get(asked):
            return problem
        return self._related(node, asked, claims_of)

    def _volume(self, node: str, asked: Attributes) -> str:
        if problem := _only_get(asked):
            return problem
        entry = self._caches.volumes.get("", asked.name)
        claim = None if entry is None else field(entry.object, "spec", "claimRef")
        if claim is not None:
            for pod in self._pods(node, claim.get("namespace", "")):
                if claim.get("name") in claims_of(pod):
                    return ""
        return f"no relationship found between node '{node}' and this object"

    def _token(self, node: str, asked: Attributes) -> str:
        if asked.verb != "create" or not asked.name:
            return "can only create tokens for individual service accounts"
        if asked.subresource != "token":
            return "can only create token subresource of serviceaccount"
        for pod in self._pods(node, asked.namespace):
            if field(pod, "spec", "serviceAccountName") == asked.name:
                return ""
        return f"no relationship found between node '{node}' and this object"

    def _node(self, node: str, asked: Attributes) -> str:
        match asked.subresource, asked.verb:
            case ("", "create" | "update" | "patch") | ("status", "update" | "patch"):
                return ""  # NodeRestriction narrows it to the node itself
            case ("", "get" | "list" | "watch"):
                # By name, or by a field selector that names the one.
                name = asked.name or asked.fields.required_value("metadata.name")
                if name == node:
                    return ""
                if not name:
                    return f"node '{node}' cannot read all nodes, only its own Node object"
                return f"node '{node}' cannot read '{name}', only its own Node object"
        return f"node '{node}' cannot {asked.verb} {asked.full_resource}"

    def _pod(self, node: str, asked: Attributes) -> str:
        match asked.subresource, asked.verb:
            case (
                ("", "create" | "delete") | ("status", "update" | "patch") | ("eviction", "create")
            ):
                return ""  # NodeRestriction narrows it to pods of the node
            case ("", "list" | "watch") if not asked.name:
                if asked.fields.required_value("spec.nodeName") == node:
                    return ""
                return "can only list/watch pods with spec.nodeName field selector"
            case ("", "get" | "list" | "watch"):
                entry = self._caches.pods.get(asked.namespace, asked.name)
                if entry is not None and entry.trigger == node:
                    return ""
                return f"no relationship found between node '{node}' and this object"
        return f"node '{node}' cannot {asked.verb} {asked.full_resource}"


def _only_get(asked: Attributes) -> str:
    if asked.verb != "get":
        return "can only get individual resources of this type"
    return "cannot get subresource" if asked.subresource else ""


def _lease(node: str, asked: Attributes) -> str:
    if asked.verb not in _OWN:
        return "can only get, create, update, patch, or delete a node lease"
    if asked.namespace != LEASE_NAMESPACE:
        return f'can only access leases in the "{LEASE_NAMESPACE}" system namespace'
    if asked.verb != "create" and asked.name != node:
        return "can only access node lease with the same name as the requesting node"
    return ""


def _own_object(node: str, asked: Attributes) -> str:
    if asked.verb not in _OWN:
        return "can only get, create, update, patch, or delete a CSINode"
    if asked.subresource:
        return "cannot authorize CSINode subresources"
    if asked.verb != "create" and asked.name != node:
        return "can only access CSINode with the same name as the requesting node"
    return ""
