"""The verbs delete and deletecollection.

Source: ``staging/src/k8s.io/apiserver/pkg/endpoints/handlers/delete.go`` of Kubernetes.
"""

from typing import Final

import attrs

from kactors.api.codec import decode, encode
from kactors.api.errors import ApiError, NotFound
from kactors.api.meta import uid_of
from kactors.api.objects import Object
from kactors.api.requests import ApiResponse
from kactors.apiserver.cache.entry import Entry
from kactors.apiserver.etcd_problems import ETCD_PROBLEMS
from kactors.apiserver.handlers.bodies import read_body
from kactors.apiserver.handlers.list import read_page
from kactors.apiserver.options import DeleteOptions, ListOptions, Query
from kactors.apiserver.registry.deletion import delete
from kactors.apiserver.registry.guaranteed_update import Written
from kactors.apiserver.registry.object_store import ObjectStore, Write
from kactors.runtime import open_nursery

#: Kinds whose deletion answers with the object even if it is gone; upstream's ReturnDeletedObject.
_RETURNED: Final = ("Pod", "Service", "ServiceAccount", "PersistentVolume", "PersistentVolumeClaim")
#: Objects of a collection that are deleted at one time.
_WORKERS: Final = 16


async def delete_one(store: ObjectStore, write: Write, query: Query, body: bytes) -> ApiResponse:
    """Delete an object, and answer with what is left of it, or that nothing is.

    Raises:
        ApiError: as `kactors.apiserver.registry.deletion.delete`.
    """
    options = DeleteOptions.parse(query, read_body(body))
    written = await delete(store, write, options)
    if written.deleted and write.resource.kind not in _RETURNED:
        gone = decode(written.body, written.revision)
        return ApiResponse(200, encode(_success(write, gone)))
    cascades = options.propagation == "Foreground" or options.orphan_dependents is False
    code = 202 if cascades and not written.deleted else 200
    return ApiResponse(code, written.body, written.revision)


def _success(write: Write, gone: Object) -> Object:
    details = {"name": write.name, "kind": write.resource.plural, "uid": uid_of(gone)}
    if write.resource.group:
        details["group"] = write.resource.group
    return {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Success",
        "details": details,
    }


async def delete_collection(
    store: ObjectStore, write: Write, query: Query, body: bytes
) -> ApiResponse:
    """Delete all objects that a list would show, and answer with that list.

    Raises:
        ApiError: the list cannot be; or one object could not be deleted, and others may have been.
    """
    options = DeleteOptions.parse(query, read_body(body))
    wanted = ListOptions.parse(query)
    entries: list[Entry] = []
    while True:
        page = await read_page(store.backend, write.resource, write.namespace, wanted)
        entries += page.entries
        if wanted.limit or not page.token:
            break
        wanted = attrs.evolve(wanted, continue_token=page.token, revision=None, match="")
    await _Deletions(store, write, options, entries).run()
    return ApiResponse(
        200,
        revision=page.revision,
        items=tuple(entry.stored for entry in entries),
        continue_token=page.token,
    )


class _Deletions:
    """Deletes many objects, some at a time."""

    def __init__(
        self, store: ObjectStore, write: Write, options: DeleteOptions, entries: list[Entry]
    ) -> None:
        self._store = store
        self._write = write
        self._options = options
        self._left = list(reversed(entries))
        self._problems: list[Exception] = []

    async def run(self) -> None:
        """Delete all; raise what went wrong first."""
        async with open_nursery() as nursery:
            for _ in range(min(_WORKERS, len(self._left))):
                nursery.start_soon(self._work)
        if self._problems:
            raise self._problems[0]

    async def _work(self) -> None:
        while self._left and not self._problems:
            entry = self._left.pop()
            write = attrs.evolve(self._write, name=entry.name, namespace=entry.namespace)
            try:
                await self._delete(write)
            except (ApiError, *ETCD_PROBLEMS) as problem:
                self._problems.append(problem)

    async def _delete(self, write: Write) -> Written | None:
        try:
            return await delete(self._store, write, self._options)
        except NotFound:
            return None  # somebody else was faster
