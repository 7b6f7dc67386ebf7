"""The subresource token of service accounts: a token that ends, maybe with a pod.

Source: ``pkg/registry/core/serviceaccount/storage/token.go`` of Kubernetes.
"""

from typing import Final

from kactors.api.errors import BadRequest, Conflict, Invalid, NotFound
from kactors.api.field_errors import FieldError, invalid
from kactors.api.meta import format_time, uid_of
from kactors.api.objects import Object, field
from kactors.apiserver.admission.plugin import Operation
from kactors.apiserver.authentication.tokens import (
    BoundObject,
    ServiceAccountClaims,
    TokenAuthority,
)
from kactors.apiserver.handlers.get import read
from kactors.apiserver.registry.object_store import ObjectStore, Write

_SECOND_NS: Final = 10**9
DEFAULT_SECONDS: Final = 3600
_LEAST_SECONDS: Final = 600
_MOST_SECONDS: Final = 1 << 32
_BOUND_RESOURCES: Final = {"Pod": "pods", "Secret": "secrets", "Node": "nodes"}


async def create_token(
    store: ObjectStore, write: Write, request: Object, authority: TokenAuthority
) -> Object:
    """Return a ``TokenRequest`` with a token of the service account in its status.

    Raises:
        NotFound: there is no such account, or nothing that the token is to be bound to.
        Conflict: what it is to be bound to is another object of that name.
        Invalid, BadRequest: the request makes no sense.
    """
    spec = request.setdefault("spec", {})
    seconds = spec.setdefault("expirationSeconds", DEFAULT_SECONDS)
    audiences = spec.get("audiences") or [authority.issuer]
    faults = _faults(seconds)
    if faults:
        raise Invalid("TokenRequest", write.name, faults, group="authentication.k8s.io")
    admission = write.admission(Operation.CREATE, request, None)
    await store.admission.admit(admission)
    await store.admission.validate(admission)
    account = (await read(store.backend, write.resource, write.namespace, write.name)).object
    bound = await _bound(store, write, spec.get("boundObjectRef"))
    now_s = store.backend.wall_ns() // _SECOND_NS
    claims = ServiceAccountClaims(
        write.namespace, write.name, uid_of(account), now_s + seconds, tuple(audiences), bound
    )
    return {
        "kind": "TokenRequest",
        "apiVersion": "authentication.k8s.io/v1",
        "metadata": {"name": write.name, "namespace": write.namespace},
        "spec": {**spec, "audiences": audiences},
        "status": {
            "token": authority.for_service_account(claims, now_s=now_s),
            "expirationTimestamp": format_time((now_s + seconds) * _SECOND_NS),
        },
    }


def _faults(seconds: int) -> list[FieldError]:
    where = "spec.expirationSeconds"
    if seconds < _LEAST_SECONDS:
        return [invalid(where, seconds, "may not specify a duration less than 10 minutes")]
    if seconds > _MOST_SECONDS:
        return [invalid(where, seconds, "may not specify a duration larger than 2^32 seconds")]
    return []


async def _bound(store: ObjectStore, write: Write, ref: Object | None) -> BoundObject | None:
    """Return what the token is to be bound to, if it is and it is there."""
    if not ref:
        return None
    kind, name, uid = ref.get("kind", ""), ref.get("name", ""), ref.get("uid", "")
    if ref.get("apiVersion") != "v1" or kind not in _BOUND_RESOURCES:
        raise BadRequest(f"cannot bind token to object of type {ref.get('apiVersion')}, {kind}")
    if not name:
        raise BadRequest("the bound object reference must have a name")
    resource = store.backend.registry.get("", "v1", _BOUND_RESOURCES[kind])
    where = write.namespace if resource.namespaced else ""
    found = await store.backend.find(resource, where, name)
    if found is None:
        raise NotFound(resource.plural, name)
    if kind == "Pod" and field(found, "spec", "serviceAccountName") != write.name:
        raise BadRequest(
            f'cannot bind token for serviceaccount "{write.name}" to pod running with different '
            "serviceaccount name."
        )
    if uid and uid != uid_of(found):
        raise Conflict(
            resource.plural,
            name,
            f"the UID in the bound object reference ({uid}) does not match the UID in record "
            f"({uid_of(found)}). The object might have been deleted and then recreated",
        )
    return BoundObject(kind, name, uid_of(found))
