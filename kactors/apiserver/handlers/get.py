"""The verb get."""

from kactors.api.errors import NotFound
from kactors.api.registry import Resource
from kactors.api.requests import ApiResponse
from kactors.apiserver.backend import Backend, entry_of
from kactors.apiserver.cache.entry import Entry
from kactors.apiserver.keys import key_of, prefix_of
from kactors.apiserver.options import Query, revision_in


async def get(
    backend: Backend, resource: Resource, namespace: str, name: str, query: Query
) -> ApiResponse:
    """Answer with one object, in the bytes in which it is stored.

    Without a ``resourceVersion`` it is what a quorum of etcd has now; with one it is as the replica
    knows it at that revision or later (0: as it knows it).

    Raises:
        NotFound: there is none.
        Timeout: the replica has not come up to the revision in time.
        BadRequest: the revision is none.
    """
    entry = await read(backend, resource, namespace, name, revision_in(query))
    return ApiResponse(200, entry.body, entry.revision)


async def read(
    backend: Backend, resource: Resource, namespace: str, name: str, revision: int | None = None
) -> Entry:
    """Return one object; the arguments and errors are those of `get`."""
    if revision is None:
        stored = await backend.storage.get(key_of(prefix_of(resource), namespace, name))
        found = None if stored is None else entry_of(resource, stored)
    else:
        await backend.wait_for(revision)
        found = backend.cache_of(resource).get(namespace, name)
    if found is None:
        raise NotFound(resource.plural, name, group=resource.group)
    return found
