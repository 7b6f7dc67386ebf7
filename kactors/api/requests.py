"""What a client says to an apiserver, and what it hears.

The shape is that of the HTTP interface (verb, group, version, resource, namespace, name,
subresource, query), so that an HTTP front end needs no logic of its own. Objects travel as the
bytes that the accepting apiserver encoded once, without ``metadata.resourceVersion``: the revision
is beside them (`kactors.api.codec` puts the two together).

Source: https://kubernetes.io/docs/reference/using-api/api-concepts/
"""

import attrs

from kactors.actors.request import Request, StreamRequest
from kactors.wire import message

__all__ = ["ApiRequest", "ApiResponse", "ApiWatch", "StoredObject", "WatchBatch", "WatchEvent"]


@message("api.object")
class StoredObject:
    """One object as it is stored.

    Attributes:
        body: msgpack, without ``metadata.resourceVersion``.
        revision: what ``metadata.resourceVersion`` is.
    """

    body: bytes
    revision: int


@message("api.response")
class ApiResponse:
    """The answer to an `ApiRequest`.

    Attributes:
        code: as in HTTP; 400 and above mean that ``body`` is a ``Status`` that tells why.
        body: one object or ``Status``, msgpack; empty for lists.
        revision: of that object; of a list, the revision of the store that it shows.
        items: of a list, in the order of their keys.
        continue_token: asks for the next page; empty on the last one.
        remaining: how many items are after this page; ``None`` if not known.
        warnings: for a person, one sentence each.
    """

    code: int
    body: bytes = b""
    revision: int = 0
    items: tuple[StoredObject, ...] = ()
    continue_token: str = ""
    remaining: int | None = None
    warnings: tuple[str, ...] = ()


@message("api.request")
class ApiRequest(Request[ApiResponse]):
    """One request.

    Attributes:
        verb: get, list, create, update, patch, delete or deletecollection.
        group, version, resource: for instance ``apps``, ``v1``, ``deployments``; the core group is
            empty.
        namespace: empty for all namespaces, and for kinds that have none.
        subresource: for instance ``status``; empty for the object itself.
        query: ``labelSelector``, ``fieldSelector``, ``resourceVersion``, ``limit``, ``dryRun`` and
            so on, as text.
        body: the object, the patch or the ``DeleteOptions``, msgpack.
        content_type: of a patch, as in HTTP.
        token: who asks; empty for anonymous.
    """

    verb: str
    group: str
    version: str
    resource: str
    namespace: str = ""
    name: str = ""
    subresource: str = ""
    query: dict[str, str] = attrs.field(factory=dict)
    body: bytes = b""
    content_type: str = ""
    token: str = ""


@message("api.watch-event")
class WatchEvent:
    """One change.

    Attributes:
        type: ADDED, MODIFIED, DELETED, BOOKMARK or ERROR.
        body: the object after the change (before it, if DELETED); a ``Status``, if ERROR.
        revision: of the change.
    """

    type: str
    body: bytes
    revision: int


@message("api.watch-batch")
class WatchBatch:
    """Changes in the order of their revisions; together, because they came together."""

    events: tuple[WatchEvent, ...]


@message("api.watch")
class ApiWatch(StreamRequest[WatchBatch]):
    """Asks for the changes of one resource; the attributes are those of `ApiRequest`."""

    group: str
    version: str
    resource: str
    namespace: str = ""
    query: dict[str, str] = attrs.field(factory=dict)
    token: str = ""
