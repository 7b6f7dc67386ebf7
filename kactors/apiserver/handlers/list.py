"""The verb list.

Which state a list shows depends on ``resourceVersion`` and ``resourceVersionMatch``:

| given                         | shown                                  | read from             |
|-------------------------------|----------------------------------------|-----------------------|
| nothing                       | the newest                             | the cache, once it is |
|                               |                                        | as new as etcd was    |
| nothing, but a limit          | the newest                             | etcd                  |
| 0                             | any                                    | the cache             |
| n; n and NotOlderThan         | that revision or a later one           | the cache             |
| n and a limit; or n and Exact | exactly that revision                  | etcd                  |
| a continue token              | the revision of the first page         | etcd                  |

What is read from the cache comes whole, whatever the limit.

A list that would not fit into one message is cut like one with a limit: whoever lists follows the
continue token if there is one.

Source: ``staging/src/k8s.io/apiserver/pkg/storage/cacher/cacher.go`` and ``etcd3/store.go`` of
Kubernetes, `GetList`.
"""

from collections.abc import Sequence
from typing import Final

import attrs

from kactors.api.errors import BadRequest, Expired, ServiceUnavailable, Timeout
from kactors.api.objects import Object, put
from kactors.api.registry import Resource
from kactors.api.requests import ApiResponse
from kactors.apiserver.backend import Backend, entry_of
from kactors.apiserver.cache.entry import Entry
from kactors.apiserver.cache.selection import Selection, select
from kactors.apiserver.continuation import INCONSISTENT, Continuation
from kactors.apiserver.errors import BadContinueToken, RevisionGone
from kactors.apiserver.keys import namespace_prefix, prefix_of
from kactors.apiserver.options import EXACT, ListOptions
from kactors.etcd.errors import FutureRevision

#: A list is not made longer than this, unless one object is: a message has to hold it.
LIST_BYTES_MAX: Final = 4 << 20
#: What is read from etcd at a time.
_PAGE_MAX: Final = 500

_TOO_OLD: Final = (
    "The provided continue parameter is too old to display a consistent list result. You can start "
    "a new list without the continue parameter, or use the continue token in this response to "
    "retrieve the remainder of the results. Continuing with the provided token results in an "
    "inconsistent list - objects that were created, modified, or deleted between the time the "
    "first chunk was returned and now may show up in the list."
)


class ContinueExpired(Expired):
    """410: a list cannot go on at its revision; a token to go on anyway is in the ``Status``."""

    def __init__(self, token: str) -> None:
        super().__init__(_TOO_OLD)
        self.token = token

    def status(self) -> Object:
        """Return the ``Status`` object that says the same."""
        status = super().status()
        put(status, self.token, "metadata", "continue")
        return status


@attrs.frozen
class Page:
    """Some objects of one resource.

    Attributes:
        entries: in the order of their keys.
        revision: of the store, at which they were like this.
        token: asks for the next page; empty on the last one.
        remaining: how many follow; None if not known.
    """

    entries: Sequence[Entry]
    revision: int
    token: str = ""
    remaining: int | None = None


async def list_objects(
    backend: Backend, resource: Resource, namespace: str, options: ListOptions
) -> ApiResponse:
    """Answer with objects, in the bytes in which they are stored.

    Raises:
        BadRequest: a selector or a token is none.
        Expired: the revision is too old.
        Timeout: the replica has not come up to the revision in time.
    """
    page = await read_page(backend, resource, namespace, options)
    return ApiResponse(
        200,
        revision=page.revision,
        items=tuple(entry.stored for entry in page.entries),
        continue_token=page.token,
        remaining=page.remaining,
    )


async def read_page(
    backend: Backend, resource: Resource, namespace: str, options: ListOptions
) -> Page:
    """Return objects; the arguments and errors are those of `list_objects`."""
    selection = select(resource, namespace, options.labels, options.fields)
    legacy = not options.match and bool(options.limit) and bool(options.revision)
    exact = options.match == EXACT or legacy
    newest = options.revision is None
    if options.continue_token or exact or (newest and options.limit):
        return await _from_etcd(backend, resource, namespace, selection, options)
    if newest:
        revision = await backend.storage.current_revision()
        try:
            await backend.wait_for(revision)
        except (Timeout, ServiceUnavailable):
            # The replica does not hear of etcd, and yet etcd answers: no reason to refuse.
            return await _from_etcd(backend, resource, namespace, selection, options)
    else:
        await backend.wait_for(options.revision or 0)
    found = backend.cache_of(resource).select(selection.scope, selection.matches)
    return _cut(backend.feed.revision, found, prefix_of(resource), selection)


def _cut(revision: int, found: list[Entry], prefix: bytes, selection: Selection) -> Page:
    size = 0
    for place, entry in enumerate(found):
        size += len(entry.body)
        if size > LIST_BYTES_MAX and place:
            where = namespace_prefix(prefix, selection.scope.namespace)
            token = Continuation(revision, found[place - 1].key[len(where) :] + b"\0").token()
            return Page(found[:place], revision, token, len(found) - place)
    return Page(found, revision)


async def _from_etcd(
    backend: Backend,
    resource: Resource,
    namespace: str,
    selection: Selection,
    options: ListOptions,
) -> Page:
    where = namespace_prefix(prefix_of(resource), namespace or selection.scope.namespace)
    start, revision = where, options.revision or 0
    if options.continue_token:
        start, revision = _resume(where, options)
    found: list[Entry] = []
    size = 0
    wanted = selection.whole
    while True:
        limit = _PAGE_MAX
        if options.limit and wanted is None:
            limit = min(limit, options.limit - len(found))
        try:
            page = await backend.storage.page(where, start=start, limit=limit, revision=revision)
        except RevisionGone as gone:
            raise _expired(options, start, where) from gone
        except FutureRevision:
            await backend.wait_for(revision)  # which says that it is too large, in time
            continue
        revision = page.revision
        for place, item in enumerate(page.items):
            entry = entry_of(resource, item)
            start = item.key + b"\0"
            if wanted is not None and not wanted(entry):
                continue
            found.append(entry)
            size += len(entry.body)
            left = page.total - place - 1
            if left and (len(found) == options.limit or size > LIST_BYTES_MAX):
                token = Continuation(revision, start[len(where) :]).token()
                return Page(found, revision, token, left if wanted is None else None)
        if not page.more:
            return Page(found, revision)


def _resume(where: bytes, options: ListOptions) -> tuple[bytes, int]:
    """Return the key and the revision at which the next page begins."""
    try:
        continuation = Continuation.parse(options.continue_token)
    except BadContinueToken as problem:
        raise BadRequest(str(problem)) from problem
    if options.revision:
        raise BadRequest("specifying resource version is not allowed when using continue")
    revision = 0 if continuation.revision == INCONSISTENT else continuation.revision
    return where + continuation.start, revision


def _expired(options: ListOptions, start: bytes, where: bytes) -> Expired:
    if options.continue_token:
        return ContinueExpired(Continuation(INCONSISTENT, start[len(where) :]).token())
    return Expired("The resourceVersion for the provided list is too old.")
