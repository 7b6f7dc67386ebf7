"""What can be done with the objects of one resource."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Final

import attrs

from kactors.api.codec import decode, encode_value
from kactors.api.errors import Expired
from kactors.api.fields import FieldSelector
from kactors.api.labels import LabelSelector
from kactors.api.meta import name_of, namespace_of
from kactors.api.objects import Object
from kactors.api.requests import ApiRequest, ApiResponse, ApiWatch
from kactors.client.queries import (
    JSON_PATCH,
    MERGE_PATCH,
    STRATEGIC_MERGE_PATCH,
    binding,
    delete_options,
    eviction,
    selectors,
)
from kactors.client.resources import GroupVersionResource
from kactors.client.revisions import Revisions
from kactors.client.session import Guard, Session
from kactors.client.watch import Watch

__all__ = ["JSON_PATCH", "MERGE_PATCH", "STRATEGIC_MERGE_PATCH", "ObjectList", "ResourceClient"]

_RESTARTS_MAX: Final = 3
"""How often a list in pages begins anew because its revision was compacted meanwhile."""


@attrs.frozen
class ObjectList:
    """Objects as they were at one revision.

    Attributes:
        items: in the order of their keys.
        revision: of the store.
        continue_token: asks for the next page; empty if there is none.
        remaining: how many objects are after this page, if known.
    """

    items: tuple[Object, ...]
    revision: int
    continue_token: str = ""
    remaining: int | None = None


class ResourceClient:
    """One resource; made by `kactors.client.rest.Client.resource`.

    Every method raises an `ApiError` for what an apiserver refuses, `Unavailable` if certainly
    nothing was done, and, if it writes, `OutcomeUnknown` if nobody knows. ``namespace`` is empty
    for all namespaces and for kinds that have none. A ``revision`` to read is ``None`` for the most
    recent state, or the one that the answer must not be older than (0: any that this client may
    see).

    Attributes:
        resource: its names.
    """

    def __init__(
        self,
        session: Session,
        resource: GroupVersionResource,
        revisions: Revisions,
        guard: Guard | None = None,
    ) -> None:
        self.resource = resource
        self._session = session
        self._revisions = revisions
        self._guard = guard

    # -- reading -----------------------------------------------------------------------------

    async def get(
        self, name: str, namespace: str = "", *, revision: int | None = None, subresource: str = ""
    ) -> Object:
        """Return one object. Raises: see the class; `NotFound`, if there is none."""
        query = {} if revision is None else {"resourceVersion": str(self._floor(revision))}
        response = await self._call("get", namespace, name, subresource, query=query)
        return self._object(response)

    async def get_scale(self, name: str, namespace: str) -> Object:
        """Return the ``Scale`` of an object."""
        return await self.get(name, namespace, subresource="scale")

    async def list(
        self,
        namespace: str = "",
        *,
        label_selector: LabelSelector | str = "",
        field_selector: FieldSelector | str = "",
        revision: int | None = None,
    ) -> ObjectList:
        """Return all objects that the selectors match, at one revision.

        The most recent state is read from etcd, in pages. A state that need only not be older than
        some revision is what a replica has in memory, so it is asked for in one piece, as
        client-go's reflector does: with a limit it would be read from etcd, too.

        Raises:
            Expired: compaction was faster, several times in a row.
            ApiError, Unavailable: see the class.
        """
        turn = partial(
            self.list_page,
            namespace,
            label_selector=label_selector,
            field_selector=field_selector,
        )
        page_size = self._session.config.page_size
        first = page_size if revision is None else 0
        for restart in range(_RESTARTS_MAX + 1):
            page = await turn(revision=revision, limit=first)
            items = page.items
            try:
                while page.continue_token:
                    page = await turn(continue_token=page.continue_token, limit=page_size)
                    items += page.items
            except Expired:
                if restart == _RESTARTS_MAX:
                    raise
            else:
                return ObjectList(items, page.revision)
        raise AssertionError("the last turn returns or raises")

    async def list_page(
        self,
        namespace: str = "",
        *,
        label_selector: LabelSelector | str = "",
        field_selector: FieldSelector | str = "",
        revision: int | None = None,
        limit: int = 0,
        continue_token: str = "",
    ) -> ObjectList:
        """Return one page; with a token, the next of the same list, at its revision."""
        query = selectors(label_selector, field_selector)
        if limit:
            query["limit"] = str(limit)
        if continue_token:
            query["continue"] = continue_token
        elif revision is not None:
            floor = self._floor(revision)
            query["resourceVersion"] = str(floor)
            if floor:
                query["resourceVersionMatch"] = "NotOlderThan"
        asked_at = self._revisions.seen(self.resource)
        response = await self._call("list", namespace, query=query)
        if revision is None and not continue_token:
            self._revisions.see_latest(self.resource, response.revision, asked_at=asked_at)
        else:
            self._revisions.see(self.resource, response.revision)
        return ObjectList(
            tuple(decode(item.body, item.revision) for item in response.items),
            response.revision,
            response.continue_token,
            response.remaining,
        )

    def watch(
        self,
        namespace: str = "",
        *,
        revision: int,
        label_selector: LabelSelector | str = "",
        field_selector: FieldSelector | str = "",
        bookmarks: bool = True,
        timeout_seconds: int | None = None,
    ) -> Watch:
        """Return the changes after ``revision``, to be opened with ``async with``.

        Args:
            namespace: whose objects; empty for all.
            revision: of the list that was read before.
            label_selector: which objects, by their labels.
            field_selector: which objects, by their fields.
            bookmarks: whether the apiserver may say how far it has come when nothing happens.
            timeout_seconds: after how long the apiserver shall end the watch.
        """
        query = selectors(label_selector, field_selector)
        query["resourceVersion"] = str(revision)
        if bookmarks:
            query["allowWatchBookmarks"] = "true"
        if timeout_seconds is not None:
            query["timeoutSeconds"] = str(timeout_seconds)
        request = ApiWatch(
            group=self.resource.group,
            version=self.resource.version,
            resource=self.resource.resource,
            namespace=namespace,
            query=query,
            token=self._session.config.token(),
        )
        return Watch(self._session, request, self._see)

    def nobody_serves(self) -> bool:
        """Tell whether every replica has failed lately: whoever asks again should wait a little."""
        return self._session.balancer.all_suspected()

    # -- writing -----------------------------------------------------------------------------

    async def create(self, obj: Object, *, name: str = "", subresource: str = "") -> Object:
        """Create an object in the namespace that it names; return it as it was stored.

        Args:
            obj: what to create; with ``metadata.generateName`` the apiserver makes up a name.
            name: of the object that a subresource belongs to.
            subresource: for instance ``binding``.
        """
        response = await self._call("create", namespace_of(obj), name, subresource, body=obj)
        return self._object(response)

    async def update(self, obj: Object, *, subresource: str = "") -> Object:
        """Replace an object; return it as it was stored.

        If it has a ``metadata.resourceVersion`` it must be the latest. Raises: see the class;
        `Conflict`, if it is not.
        """
        response = await self._call(
            "update", namespace_of(obj), name_of(obj), subresource, body=obj
        )
        return self._object(response)

    async def update_status(self, obj: Object) -> Object:
        """Replace an object's status, and nothing else of it; as `update`."""
        return await self.update(obj, subresource="status")

    async def update_scale(self, scale: Object) -> Object:
        """Replace the ``Scale`` of the object that it is named after; return the new one."""
        return await self.update(scale, subresource="scale")

    async def patch(
        self,
        name: str,
        patch: Object | Sequence[Object],
        namespace: str = "",
        *,
        content_type: str = STRATEGIC_MERGE_PATCH,
        subresource: str = "",
    ) -> Object:
        """Change an object; return it as it was stored."""
        response = await self._call(
            "patch", namespace, name, subresource, body=patch, content_type=content_type
        )
        return self._object(response)

    async def delete(
        self, name: str, namespace: str = "", *, options: Mapping[str, Any] | None = None
    ) -> Object:
        """Delete an object; return it as it is while it goes, or a ``Status`` if it is gone.

        Args:
            name: of the object.
            namespace: of the object.
            options: fields of ``DeleteOptions``: ``gracePeriodSeconds``, ``preconditions``,
                ``propagationPolicy``.
        """
        body = delete_options(options)
        return self._object(await self._call("delete", namespace, name, body=body))

    async def delete_collection(
        self,
        namespace: str = "",
        *,
        label_selector: LabelSelector | str = "",
        field_selector: FieldSelector | str = "",
        options: Mapping[str, Any] | None = None,
    ) -> None:
        """Delete all objects that the selectors match."""
        query = selectors(label_selector, field_selector)
        body = delete_options(options)
        response = await self._call("deletecollection", namespace, query=query, body=body)
        self._see(response.revision)

    async def bind(self, pod: Object, node: str) -> None:
        """Let a pod run on a node; it must be the very one, and on none yet."""
        await self.create(binding(pod, node), name=name_of(pod), subresource="binding")

    async def evict(
        self, name: str, namespace: str, *, options: Mapping[str, Any] | None = None
    ) -> None:
        """Delete a pod unless a disruption budget forbids it. Raises: `TooManyRequests`, if so."""
        wanted = eviction(name, namespace, options)
        await self.create(wanted, name=name, subresource="eviction")

    # -- inside ------------------------------------------------------------------------------

    async def _call(
        self,
        verb: str,
        namespace: str,
        name: str = "",
        subresource: str = "",
        *,
        query: dict[str, str] | None = None,
        body: Any = None,
        content_type: str = "",
    ) -> ApiResponse:
        request = ApiRequest(
            verb=verb,
            group=self.resource.group,
            version=self.resource.version,
            resource=self.resource.resource,
            namespace=namespace,
            name=name,
            subresource=subresource,
            query=query or {},
            body=b"" if body is None else encode_value(body),
            content_type=content_type,
            token=self._session.config.token(),
        )
        return await self._session.call(request, self._guard)

    def _object(self, response: ApiResponse) -> Object:
        self._see(response.revision)
        return decode(response.body, response.revision)

    def _see(self, revision: int) -> None:
        self._revisions.see(self.resource, revision)

    def _floor(self, revision: int) -> int:
        return max(revision, self._revisions.seen(self.resource))
