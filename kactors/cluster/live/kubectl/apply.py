"""Makes objects be as a manifest says, without undoing what others have said.

Source: kubectl pkg/cmd/apply/apply.go and patcher.go, client-side.
"""

from typing import Final, TypeVar

from kactors.api.errors import AlreadyExists, Conflict, NotFound
from kactors.api.meta import name_of, namespace_of, resource_version_of
from kactors.api.objects import Object
from kactors.api.patch.three_way import create_three_way_patch, last_applied, with_last_applied
from kactors.api.resource import Resource
from kactors.client.errors import OutcomeUnknown
from kactors.client.resource_client import ResourceClient
from kactors.client.resources import GroupVersionResource
from kactors.client.rest import Client
from kactors.cluster.live.kubectl.manifests import Manifest
from kactors.runtime import sleep

__all__ = ["CONFIGURED", "CREATED", "UNCHANGED", "apply_manifest", "client_of"]

CREATED: Final = "created"
CONFIGURED: Final = "configured"
UNCHANGED: Final = "unchanged"

ResultT = TypeVar("ResultT")

_TRIES_MAX: Final = 5
_PAUSE_SECONDS: Final = 0.2


def client_of(client: Client, resource: Resource) -> ResourceClient:
    """Return the client of a resource."""
    return client.resource(GroupVersionResource(resource.group, resource.version, resource.plural))


async def apply_manifest(client: Client, manifest: Manifest) -> str:
    """Create or change one object; return which it was.

    Again is fine: what is there already is left alone, so a try whose outcome nobody knows is
    simply followed by another.

    Raises:
        ApiError: it was refused.
        ClientError: nobody has served it, or the outcome is unknown after several tries.
    """
    objects = client_of(client, manifest.resource)
    wanted = with_last_applied(manifest.obj)
    unknown = False  # whether an earlier try may have created it
    for number in range(1, _TRIES_MAX + 1):
        try:
            try:
                current = await objects.get(name_of(wanted), namespace_of(wanted))
            except NotFound:
                await objects.create(wanted)
                return CREATED
            done = await _change(objects, wanted, current, manifest.resource.schema)
        except (AlreadyExists, Conflict, OutcomeUnknown) as problem:
            unknown = unknown or isinstance(problem, OutcomeUnknown)
            if number == _TRIES_MAX:
                raise
            await sleep(_PAUSE_SECONDS)
        else:
            return CONFIGURED if unknown and done == UNCHANGED else done
    raise AssertionError("the last try returns or raises")


async def _change(objects: ResourceClient, wanted: Object, current: Object, definition: str) -> str:
    said_before = last_applied(current) or {}
    patch = create_three_way_patch(said_before, wanted, current, definition)
    if not patch:
        return UNCHANGED
    after = await objects.patch(name_of(wanted), patch, namespace_of(wanted))
    # What a default brings back was no change.
    same = resource_version_of(after) == resource_version_of(current)
    return UNCHANGED if same else CONFIGURED
