"""The verbs create, update and patch, on objects and on their subresources.

Source: ``staging/src/k8s.io/apiserver/pkg/endpoints/handlers`` of Kubernetes: create.go, update.go,
patch.go.
"""

from collections.abc import Callable
from typing import Final

import attrs

from kactors.api.codec import encode
from kactors.api.errors import BadRequest
from kactors.api.meta import name_of
from kactors.api.objects import Object
from kactors.api.registry import Resource
from kactors.api.requests import ApiRequest, ApiResponse
from kactors.apiserver.authentication.tokens import TokenAuthority
from kactors.apiserver.errors import UnknownPath
from kactors.apiserver.handlers.bodies import object_in, read_body, shaped
from kactors.apiserver.handlers.get import get, read
from kactors.apiserver.handlers.patch import Patch, read_patch
from kactors.apiserver.options import WriteOptions, revision_in
from kactors.apiserver.registry.guaranteed_update import Written
from kactors.apiserver.registry.object_store import Change, ObjectStore, Write
from kactors.apiserver.subresources.binding import bind
from kactors.apiserver.subresources.eviction import evict
from kactors.apiserver.subresources.finalize import finalize
from kactors.apiserver.subresources.scale import read_scale, update_scale
from kactors.apiserver.subresources.token import create_token

#: What is sent to subresources that are no objects of the resource: (kind, version, structure).
_KINDS: Final = {
    "scale": ("Scale", "autoscaling/v1", "autoscaling.v1.Scale"),
    "binding": ("Binding", "v1", "core.v1.Binding"),
    "eviction": ("Eviction", "policy/v1", "policy.v1.Eviction"),
    "token": ("TokenRequest", "authentication.k8s.io/v1", "authentication.v1.TokenRequest"),
}
_SUCCESS: Final = encode(
    {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success"}
)


@attrs.frozen
class Writes:
    """See the module's text.

    Attributes:
        store: of the objects.
        authority: issues tokens.
    """

    store: ObjectStore
    authority: TokenAuthority

    async def create(self, write: Write, request: ApiRequest) -> ApiResponse:
        """Create an object."""
        options = WriteOptions.parse(request.query, "CreateOptions")
        write.dry_run = options.dry_run
        obj = _object(write, request, options)
        return _answer(write, await self.store.create(write, obj))

    async def update(
        self, write: Write, request: ApiRequest, check_create: Callable[[], None] | None = None
    ) -> ApiResponse:
        """Replace an object, or its status."""
        options = WriteOptions.parse(request.query, "UpdateOptions")
        write.dry_run = options.dry_run
        sent = [_object(write, request, options)]

        def change(_old: Object | None) -> Object:
            # What was sent is used up by an attempt; most need only one.
            return sent.pop() if sent else _object(write, request, options)

        written = await self.store.update(write, change, check_create=check_create)
        return _answer(write, written)

    async def patch(self, write: Write, request: ApiRequest) -> ApiResponse:
        """Change an object, or its status, as a patch says."""
        resource = write.resource
        change = self._patch(write, request, resource.kind, resource.api_version, resource.schema)
        return _answer(write, await self.store.update(write, change))

    def _patch(
        self, write: Write, request: ApiRequest, kind: str, api_version: str, schema: str
    ) -> Change:
        options = WriteOptions.parse(request.query, "PatchOptions")
        write.dry_run = options.dry_run
        patch = Patch(
            request.content_type,
            read_patch(request.body, request.content_type),
            kind,
            api_version,
            schema,
            options.field_validation,
            write.warnings,
        )

        def change(old: Object | None) -> Object:
            if old is None:
                raise write.not_found()
            return patch.apply(old)

        return change

    # Subresources -----------------------------------------------------------------------------

    async def on_subresource(self, write: Write, request: ApiRequest) -> ApiResponse:
        """Answer a request to a subresource that there is, with a verb that it has."""
        match write.subresource, request.verb:
            case "scale", verb:
                return await self._scale(write, request, verb)
            case "binding" | "eviction" | "token", "create":
                return await self._action(write, request)
            case "finalize", "update":
                options = WriteOptions.parse(request.query, "UpdateOptions")
                write.dry_run = options.dry_run
                sent = _object(write, request, options)
                return _answer(write, await finalize(self.store, write, sent))
            case "status", "get":
                where = (write.resource, write.namespace, write.name)
                return await get(self.store.backend, *where, request.query)
            case "status", "patch":
                return await self.patch(write, request)
            case "status", "update":
                return await self.update(write, request)
        raise UnknownPath

    async def _scale(self, write: Write, request: ApiRequest, verb: str) -> ApiResponse:
        backend, resource = self.store.backend, write.resource
        if verb == "get":
            revision = revision_in(request.query)
            entry = await read(backend, resource, write.namespace, write.name, revision)
            return ApiResponse(200, read_scale(entry), entry.revision)
        kind, api_version, schema = _KINDS["scale"]
        if verb == "patch":
            change = self._patch(write, request, kind, api_version, schema)
        else:
            options = WriteOptions.parse(request.query, "UpdateOptions")
            write.dry_run = options.dry_run
            scale = self._sent(write, request, options)

            def change(_old: Object | None) -> Object:
                return scale

        return _answer(write, await update_scale(self.store, write, change))

    async def _action(self, write: Write, request: ApiRequest) -> ApiResponse:
        options = WriteOptions.parse(request.query, "CreateOptions")
        write.dry_run = options.dry_run
        sent = self._sent(write, request, options)
        match write.subresource:
            case "binding":
                await bind(self.store, write, sent)
                answer = _SUCCESS
            case "eviction":
                await evict(self.store, write, sent)
                answer = _SUCCESS
            case _:
                answer = encode(await create_token(self.store, write, sent, self.authority))
        return ApiResponse(201, answer, warnings=tuple(write.warnings))

    def _sent(self, write: Write, request: ApiRequest, options: WriteOptions) -> Object:
        kind, api_version, schema = _KINDS[write.subresource]
        sent = shaped(
            read_body(request.body),
            kind,
            api_version,
            schema,
            validation=options.field_validation,
            warnings=write.warnings,
        )
        if name_of(sent) not in {"", write.name}:
            raise BadRequest(
                f"the name of the object ({name_of(sent)}) does not match the name on the URL "
                f"({write.name})"
            )
        return sent


def _object(write: Write, request: ApiRequest, options: WriteOptions) -> Object:
    """Return the object of the resource's own kind that was sent."""
    resource: Resource = write.resource
    del write.warnings[:]
    return object_in(
        request.body,
        resource,
        validation=options.field_validation,
        warnings=write.warnings,
    )


def _answer(write: Write, written: Written) -> ApiResponse:
    code = 201 if written.created else 200
    return ApiResponse(code, written.body, written.revision, warnings=tuple(write.warnings))
