"""From a request to an answer: who asks, whether they may, what it is about, what is done.

The order is upstream's: authentication, authorisation, then the resource and the verb, so that who
may not know whether something is there does not learn it.

Source: ``staging/src/k8s.io/apiserver/pkg/endpoints/installer.go`` and ``request/requestinfo.go``
of Kubernetes.
"""

from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

import attrs

from kactors.actors.outbox import Outbox
from kactors.api.codec import encode
from kactors.api.errors import (
    ApiError,
    BadRequest,
    MalformedSelector,
    MethodNotAllowed,
)
from kactors.api.fields import EVERY_FIELD, FieldSelector
from kactors.api.names import is_path_segment_name
from kactors.api.registry import Resource
from kactors.api.requests import ApiRequest, ApiResponse, ApiWatch, WatchBatch
from kactors.apiserver.authentication.authenticator import Authenticator
from kactors.apiserver.authentication.tokens import TokenAuthority
from kactors.apiserver.authentication.user import ANONYMOUS, User
from kactors.apiserver.authorization.attributes import Attributes
from kactors.apiserver.authorization.authorizer import Authorizer
from kactors.apiserver.backend import Backend
from kactors.apiserver.errors import UnknownPath
from kactors.apiserver.etcd_problems import ETCD_PROBLEMS, told
from kactors.apiserver.handlers import watch as watching
from kactors.apiserver.handlers.delete import delete_collection, delete_one
from kactors.apiserver.handlers.get import get
from kactors.apiserver.handlers.list import list_objects
from kactors.apiserver.handlers.watch import WatchTimes
from kactors.apiserver.handlers.writes import Writes
from kactors.apiserver.options import ListOptions, Query
from kactors.apiserver.registry.object_store import ObjectStore, Write

Audit: TypeAlias = Callable[[User, ApiRequest, ApiResponse], None]
"""Is told who asked for what, and what the answer was."""

_ON_COLLECTIONS: Final = ("list", "create", "deletecollection", "watch")


@attrs.define
class Api:
    """One replica's API.

    Attributes:
        backend: etcd and the caches.
        authenticator: tells who asks.
        authorizer: tells whether they may.
        store: writes objects.
        authority: issues tokens.
        times: of watches.
        audit: told of every answer, with who has asked and for what, as upstream's audit log is at
            its stage ``ResponseComplete``; not of watches.
        writes: what happens for the verbs that write.
    """

    backend: Backend
    authenticator: Authenticator
    authorizer: Authorizer
    store: ObjectStore
    authority: TokenAuthority
    times: WatchTimes
    audit: Sequence[Audit] = ()
    writes: Writes = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self.writes = Writes(self.store, self.authority)

    async def answer(self, request: ApiRequest) -> ApiResponse:
        """Answer a request, with a ``Status`` if it is refused or fails."""
        user = ANONYMOUS
        try:
            user = await self.authenticator.authenticate(request.token)
            self.authorizer.check(_attributes(user, request.verb, request))
            resource = self._resource(request)
            response = await self._dispatch(user, resource, request)
        except ApiError as refusal:
            response = ApiResponse(refusal.code, encode(refusal.status()))
        except ETCD_PROBLEMS as problem:
            failure = told(problem)
            response = ApiResponse(failure.code, encode(failure.status()))
        for listener in self.audit:
            listener(user, request, response)
        return response

    async def watch(self, request: ApiWatch, out: Outbox[WatchBatch]) -> None:
        """Serve a watch; one that is refused ends with an event ERROR.

        Raises:
            StreamBrokenError: the reader is gone.
        """
        try:
            user = await self.authenticator.authenticate(request.token)
            self.authorizer.check(_attributes(user, "watch", request))
            resource = self._resource(request)
            self._check_verb(resource, "watch")
            options = ListOptions.parse(request.query, watch=True)
            beginning = await watching.begin(
                self.backend, resource, request.namespace, options, self.times
            )
        except ApiError as refusal:
            await out.send(watching.failure(refusal))
            return
        except ETCD_PROBLEMS as problem:
            await out.send(watching.failure(told(problem)))
            return
        try:
            await watching.serve(self.backend, resource, beginning, options, self.times, out)
        finally:
            self.backend.cache_of(resource).watchers.remove(beginning.watcher)

    # What it is about -------------------------------------------------------------------------

    def _resource(self, request: ApiRequest | ApiWatch) -> Resource:
        """Return the resource that a request is about.

        Raises:
            UnknownPath: there is none.
            BadRequest: namespace or name cannot be those of an object.
        """
        found = self.backend.registry.find(request.group, request.version, request.resource)
        if found is None or (request.namespace and not found.namespaced):
            raise UnknownPath
        name = request.name if isinstance(request, ApiRequest) else ""
        for part in (request.namespace, name):
            if faults := is_path_segment_name(part):
                raise BadRequest(f'Name parameter invalid: "{part}": {"; ".join(faults)}')
        return found

    def _check_verb(self, resource: Resource, verb: str, subresource: str = "") -> None:
        allowed = resource.verbs
        if subresource:
            found = resource.subresource(subresource)
            if found is None:
                raise UnknownPath
            allowed = found.verbs
        if verb not in allowed:
            raise MethodNotAllowed(resource.plural, verb, group=resource.group)

    async def _dispatch(self, user: User, resource: Resource, request: ApiRequest) -> ApiResponse:
        verb, subresource = request.verb, request.subresource
        self._check_verb(resource, verb, subresource)
        on_one = bool(subresource) or verb not in _ON_COLLECTIONS
        if on_one != bool(request.name) or (
            resource.namespaced and not request.namespace and verb != "list"
        ):
            raise UnknownPath
        write = Write(user, resource, request.namespace, request.name, subresource)
        if subresource:
            return await self.writes.on_subresource(write, request)
        query, backend = request.query, self.backend
        match verb:
            case "get":
                return await get(backend, resource, request.namespace, request.name, query)
            case "list":
                options = ListOptions.parse(query)
                return await list_objects(backend, resource, request.namespace, options)
            case "create":
                return await self.writes.create(write, request)
            case "update":
                return await self.writes.update(write, request, self._may_create(write, request))
            case "patch":
                return await self.writes.patch(write, request)
            case "delete":
                return await delete_one(self.store, write, query, request.body)
            case "deletecollection":
                return await delete_collection(self.store, write, query, request.body)
        raise MethodNotAllowed(resource.plural, verb, group=resource.group)

    def _may_create(self, write: Write, request: ApiRequest) -> Callable[[], None]:
        def check() -> None:
            self.authorizer.check(_attributes(write.user, "create", request))

        return check


def _attributes(user: User, verb: str, request: ApiRequest | ApiWatch) -> Attributes:
    """Return what is decided about a request."""
    name = request.name if isinstance(request, ApiRequest) else ""
    subresource = request.subresource if isinstance(request, ApiRequest) else ""
    fields = EVERY_FIELD
    if verb in {"list", "watch", "deletecollection"}:
        fields = _fields(request.query)
        # Who may see one object may list those of its name.
        name = name or fields.required_value("metadata.name") or ""
    namespace = request.namespace
    if not request.group and request.resource == "namespaces":
        namespace = name  # rights in a namespace may be rights on it
    return Attributes(
        user, verb, request.group, request.resource, namespace, name, subresource, fields
    )


def _fields(query: Query) -> FieldSelector:
    try:
        return FieldSelector.parse(query.get("fieldSelector", ""))
    except MalformedSelector:
        return EVERY_FIELD  # it is refused after the user is known to have the right at all
