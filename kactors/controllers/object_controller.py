"""What most controllers do in the same way: the time, claims, statuses, memory of their writes."""

from collections.abc import Callable, Iterable

from kactors.api.errors import NotFound
from kactors.api.labels import LabelSelector
from kactors.api.meta import (
    is_being_deleted,
    name_of,
    namespace_of,
    revision_of,
    uid_of,
)
from kactors.api.objects import Object, replaced
from kactors.client.controller import Controller
from kactors.client.informer import SharedInformer
from kactors.client.resource_client import MERGE_PATCH, ResourceClient
from kactors.controllers.claims import adoption_patch, claim, release_patch

__all__ = ["ObjectController", "OwnWrites"]


class OwnWrites:
    """Knows whether a cache shows what its controller has written.

    A decision that is made from a cache which does not yet show the last decision's writes would be
    that decision again. Each key's last write is remembered until the cache has passed its
    revision.

    Args:
        informer: the cache.
    """

    def __init__(self, informer: SharedInformer) -> None:
        self._informer = informer
        self._revisions: dict[str, int] = {}

    def note(self, key: str, written: Object) -> None:
        """Remember an object as the apiserver has returned it from a write."""
        self._revisions[key] = max(self._revisions.get(key, 0), revision_of(written))

    def behind(self, key: str) -> bool:
        """Tell whether the cache does not show a write of this key yet."""
        wanted = self._revisions.get(key)
        if wanted is None:
            return False
        if self._informer.revision < wanted:
            return True
        del self._revisions[key]
        return False


class ObjectController(Controller):
    """Base of the controllers in this package."""

    def now_ns(self) -> int:
        """Return the time as objects say it: nanoseconds since 1970, by this host's clock."""
        return self.host.clock.wall_ns()

    async def write_status(self, resource: str, obj: Object, status: Object) -> Object:
        """Give an object this status, if it does not have it; return the object as it is then.

        Raises:
            Conflict: the object was changed since ``obj`` was read.
            ApiError, ClientError: as any write.
        """
        if (obj.get("status") or {}) == status:
            return obj
        return await self.client.resource(resource).update_status(replaced(obj, status, "status"))

    async def claim(
        self,
        owner_resource: str,
        resource: str,
        owner: Object,
        selector: LabelSelector,
        objects: Iterable[Object],
        *,
        also: Callable[[Object], bool] = lambda _: True,
    ) -> list[Object]:
        """Adopt and release what should be; return what ``owner`` controls then.

        Args:
            owner_resource: of ``owner``.
            resource: of ``objects``.
            owner: must say its kind and version.
            selector: the owner's.
            objects: of the owner's namespace: its own, and orphans at least.
            also: what an object must be besides matching.

        Raises:
            ApiError, ClientError: as any write; but not because an object has gone.
        """
        claims = claim(owner, selector, objects, also=also)
        owned = list(claims.owned)
        client = self.client.resource(resource)
        if claims.adopt and await self._may_adopt(self.client.resource(owner_resource), owner):
            for obj in claims.adopt:
                adopted = await _patch(client, obj, adoption_patch(obj, owner))
                if adopted is not None:
                    owned.append(adopted)
        for obj in claims.release:
            await _patch(client, obj, release_patch(obj, owner))
        return owned

    async def _may_adopt(self, client: ResourceClient, owner: Object) -> bool:
        """Tell whether the owner itself is there, and has not been deleted, by asking for it."""
        try:
            latest = await client.get(name_of(owner), namespace_of(owner))
        except NotFound:
            return False
        return uid_of(latest) == uid_of(owner) and not is_being_deleted(latest)


async def _patch(client: ResourceClient, obj: Object, patch: Object) -> Object | None:
    try:
        return await client.patch(name_of(obj), patch, namespace_of(obj), content_type=MERGE_PATCH)
    except NotFound:
        return None
