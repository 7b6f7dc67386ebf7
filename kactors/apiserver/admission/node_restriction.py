"""NodeRestriction: a kubelet changes only its own node, and pods that are bound to it.

Source: ``plugin/pkg/admission/noderestriction`` of Kubernetes.
"""

from collections.abc import Awaitable, Callable
from typing import Final

from kactors.api.errors import NotFound
from kactors.api.meta import annotations_of, labels_of, name_of, owners_of, uid_of
from kactors.api.objects import Object, field, without
from kactors.apiserver.admission.plugin import AdmissionRequest, Operation, Plugin
from kactors.apiserver.admission.service_account import MIRROR_POD
from kactors.apiserver.authentication.user import node_of
from kactors.apiserver.authorization.node import LEASE_NAMESPACE
from kactors.apiserver.authorization.pod_references import (
    claims_of,
    config_maps_of,
    secrets_of,
)

_RESTRICTED: Final = "node-restriction.kubernetes.io"
#: Labels of Kubernetes that kubelets may set on their node.
_KUBELET_LABELS: Final = (
    "kubernetes.io/hostname",
    "kubernetes.io/arch",
    "kubernetes.io/os",
    "beta.kubernetes.io/arch",
    "beta.kubernetes.io/os",
    "beta.kubernetes.io/instance-type",
    "node.kubernetes.io/instance-type",
    "failure-domain.beta.kubernetes.io/zone",
    "failure-domain.beta.kubernetes.io/region",
    "failure-domain.kubernetes.io/zone",
    "failure-domain.kubernetes.io/region",
    "topology.kubernetes.io/zone",
    "topology.kubernetes.io/region",
    "node.kubernetes.io/windows-build",
)
_KUBELET_PREFIXES: Final = ("kubelet.kubernetes.io", "node.kubernetes.io")

Check = Callable[[AdmissionRequest, str], Awaitable[None]]


class NodeRestriction(Plugin):
    """See the module's text."""

    operations = (Operation.CREATE, Operation.UPDATE, Operation.DELETE)

    async def admit(self, request: AdmissionRequest) -> None:
        """Refuse a node what is another's.

        Raises:
            Forbidden: it is.
            NotFound: it is about a pod that is not there.
        """
        node = node_of(request.user)
        if not node:
            return
        checks: dict[tuple[str, str, str], Check] = {
            ("", "pods", ""): self._pod,
            ("", "pods", "status"): self._pod_status,
            ("", "pods", "eviction"): self._pod_eviction,
            ("", "nodes", ""): self._node,
            ("", "nodes", "status"): self._node,
            ("", "persistentvolumeclaims", "status"): self._claim_status,
            ("", "serviceaccounts", "token"): self._token,
            ("coordination.k8s.io", "leases", ""): self._lease,
        }
        resource = request.resource
        check = checks.get((resource.group, resource.plural, request.subresource))
        if check is not None:
            await check(request, node)
        elif (resource.group, resource.plural) == ("", "pods"):
            raise request.refusal(f'unexpected pod subresource "{request.subresource}"')

    # Pods -------------------------------------------------------------------------------------

    async def _bound_here(self, request: AdmissionRequest, node: str, may_only: str) -> Object:
        """Return the pod that the request names, if it is bound to the node."""
        pod = await self.find("pods", request.namespace, request.name)
        if pod is None:
            raise NotFound("pods", request.name)
        if field(pod, "spec", "nodeName") != node:
            raise request.refusal(
                f'node "{node}" can only {may_only} pods with spec.nodeName set to itself'
            )
        return pod

    async def _pod(self, request: AdmissionRequest, node: str) -> None:
        match request.operation:
            case Operation.CREATE:
                await self._mirror_pod(request, node)
            case Operation.DELETE:
                await self._bound_here(request, node, "delete")
            case Operation.UPDATE:
                raise request.refusal(
                    f'unexpected operation "UPDATE", node "{node}" can only create and delete '
                    "mirror pods"
                )

    async def _mirror_pod(self, request: AdmissionRequest, node: str) -> None:
        pod = request.new
        may_only = f'node "{node}" can only create pods with'
        if MIRROR_POD not in annotations_of(pod):
            raise request.refusal(
                f'pod does not have "{MIRROR_POD}" annotation, node "{node}" can only create '
                "mirror pods"
            )
        if field(pod, "spec", "nodeName") != node:
            raise request.refusal(f"{may_only} spec.nodeName set to itself")
        owners = owners_of(pod)
        if len(owners) != 1 or (
            (owners[0]["apiVersion"], owners[0]["kind"], owners[0]["name"]) != ("v1", "Node", node)
        ):
            raise request.refusal(f"{may_only} a single owner reference set to itself")
        if not owners[0].get("controller") or owners[0].get("blockOwnerDeletion"):
            raise request.refusal(f"{may_only} a controller owner reference that blocks nothing")
        owner = await self.find("nodes", "", node)
        if owner is None:
            raise NotFound("nodes", node)
        if uid_of(owner) != owners[0]["uid"]:
            raise request.refusal(f"node {node} UID mismatch: expected {owners[0]['uid']}")
        for what, names in (
            ("secrets", secrets_of(pod)),
            ("configmaps", config_maps_of(pod)),
            ("persistentvolumeclaims", claims_of(pod)),
        ):
            if any(names):
                raise request.refusal(f'node "{node}" can not create pods that reference {what}')

    async def _pod_status(self, request: AdmissionRequest, node: str) -> None:
        if field(request.existing, "spec", "nodeName") != node:
            raise request.refusal(
                f'node "{node}" can only report on pods with spec.nodeName set to itself'
            )
        if labels_of(request.existing) != labels_of(request.new):
            raise request.refusal(f'node "{node}" cannot update labels through pod status')

    async def _pod_eviction(self, request: AdmissionRequest, node: str) -> None:
        await self._bound_here(request, node, "evict")

    # Nodes ------------------------------------------------------------------------------------

    async def _node(self, request: AdmissionRequest, node: str) -> None:
        if request.operation is Operation.DELETE:
            raise request.refusal(f'node "{node}" is not allowed to delete nodes')
        name = request.name or name_of(request.new)
        if name != node:
            raise request.refusal(f'node "{node}" is not allowed to modify node "{name}"')
        old: Object = request.old or {}
        if request.old is not None and _taints(old) != _taints(request.new):
            raise request.refusal(f'node "{node}" is not allowed to modify taints')
        wrong = _forbidden_labels(labels_of(request.new), labels_of(old))
        if wrong:
            raise request.refusal(
                f'node "{node}" is not allowed to set the following labels: {", ".join(wrong)}'
            )

    # Others -----------------------------------------------------------------------------------

    async def _claim_status(self, request: AdmissionRequest, node: str) -> None:
        if _apart_from_capacity(request.new) != _apart_from_capacity(request.existing):
            raise request.refusal(
                f'node "{node}" is not allowed to update fields other than status.capacity and '
                "status.conditions"
            )

    async def _token(self, request: AdmissionRequest, node: str) -> None:
        bound = field(request.new, "spec", "boundObjectRef", default={})
        if (bound.get("apiVersion"), bound.get("kind")) != ("v1", "Pod") or not bound.get("name"):
            raise request.refusal("node requested token not bound to a pod")
        if not bound.get("uid"):
            raise request.refusal("node requested token with a pod binding without a uid")
        pod = await self.find("pods", request.namespace, bound["name"])
        if pod is None:
            raise NotFound("pods", bound["name"])
        if uid_of(pod) != bound["uid"]:
            raise request.refusal(
                f"the UID in the bound object reference ({bound['uid']}) does not match the UID in "
                "record. The object might have been deleted and then recreated"
            )
        if field(pod, "spec", "nodeName") != node:
            raise request.refusal(
                "node requested token bound to a pod scheduled on a different node"
            )

    async def _lease(self, request: AdmissionRequest, node: str) -> None:
        if request.namespace != LEASE_NAMESPACE:
            raise request.refusal(
                f'can only access leases in the "{LEASE_NAMESPACE}" system namespace'
            )
        name = name_of(request.new) if request.operation is Operation.CREATE else request.name
        if name != node:
            raise request.refusal(
                "can only access node lease with the same name as the requesting node"
            )


def _taints(node: Object) -> list[Object]:
    return field(node, "spec", "taints", default=[]) or []


def _forbidden_labels(new: dict[str, str], old: dict[str, str]) -> list[str]:
    changed = [key for key in {**old, **new} if old.get(key) != new.get(key)]
    return sorted(key for key in changed if _is_forbidden(key))


def _is_forbidden(key: str) -> bool:
    owner = key.rpartition("/")[0]
    if _within(owner, _RESTRICTED):
        return True
    if not (_within(owner, "kubernetes.io") or _within(owner, "k8s.io")):
        return False
    return key not in _KUBELET_LABELS and not any(
        _within(owner, prefix) for prefix in _KUBELET_PREFIXES
    )


def _within(owner: str, domain: str) -> bool:
    return owner == domain or owner.endswith(f".{domain}")


def _apart_from_capacity(claim: Object) -> Object:
    for path in (
        ("metadata", "resourceVersion"),
        ("metadata", "managedFields"),
        ("status", "capacity"),
        ("status", "conditions"),
        ("status", "allocatedResources"),
        ("status", "allocatedResourceStatuses"),
    ):
        claim = without(claim, *path)
    return claim
