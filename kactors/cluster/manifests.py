"""Has objects there, like somebody has written them down.

Source: what ``kubectl apply`` does, less the removal of what an earlier manifest said.
"""

from collections.abc import Iterable

from kactors.api.errors import AlreadyExists, NotFound
from kactors.api.meta import name_of, namespace_of
from kactors.api.objects import Object
from kactors.api.registry import REGISTRY
from kactors.api.resource import Resource
from kactors.client.errors import OutcomeUnknown
from kactors.client.resource_client import ResourceClient
from kactors.client.resources import GroupVersionResource
from kactors.client.rest import Client

__all__ = ["DEFAULT_NAMESPACE", "apply", "apply_one", "ensure_exists"]

DEFAULT_NAMESPACE = "default"
_ATTEMPTS = 5


async def apply(client: Client, manifests: Iterable[Object]) -> list[Object]:
    """Create each object, or change the one of its name into it, in order; return them as stored.

    Doing it twice is doing it once. What a manifest does not speak of stays as it is.

    Args:
        client: as whom.
        manifests: objects with ``apiVersion``, ``kind`` and ``metadata.name``; those of a kind
            that has namespaces, and without one, go to ``default``.

    Raises:
        UnknownKind: the registry has no such kind.
        ApiError, ClientError: the apiservers refuse, or do not answer.
    """
    return [await apply_one(client, manifest) for manifest in manifests]


async def apply_one(client: Client, manifest: Object) -> Object:
    """Do for one object what `apply` does; see there."""
    objects, wanted = _located(client, manifest)
    for _ in range(_ATTEMPTS):
        try:
            return await objects.patch(name_of(wanted), wanted, namespace_of(wanted))
        except OutcomeUnknown:
            continue  # the same patch again changes nothing, if the first was carried out
        except NotFound:
            try:
                return await objects.create(wanted)
            except (AlreadyExists, OutcomeUnknown):
                continue  # another was faster, or we were, and were not told
    return await objects.patch(name_of(wanted), wanted, namespace_of(wanted))


async def ensure_exists(client: Client, manifest: Object) -> bool:
    """Create an object if there is none of its name; return whether it was created.

    Raises:
        UnknownKind, ApiError, ClientError: as `apply`.
    """
    objects, wanted = _located(client, manifest)
    try:
        await objects.get(name_of(wanted), namespace_of(wanted))
    except NotFound:
        try:
            await objects.create(wanted)
        except AlreadyExists:
            return False
        return True
    return False


def _located(client: Client, manifest: Object) -> tuple[ResourceClient, Object]:
    """Return the client of a manifest's resource, and the manifest with its namespace."""
    resource: Resource = REGISTRY.of_object(manifest)
    name = GroupVersionResource(resource.group, resource.version, resource.plural)
    if resource.namespaced and not namespace_of(manifest):
        metadata = {**manifest["metadata"], "namespace": DEFAULT_NAMESPACE}
        manifest = {**manifest, "metadata": metadata}
    return client.resource(name), manifest
