"""Creating and updating objects of any kind.

Source: ``staging/src/k8s.io/apiserver/pkg/registry/generic/registry/store.go`` of Kubernetes.
"""

from collections.abc import Callable
from typing import Final

import attrs

from kactors.api.codec import decode, encode
from kactors.api.errors import (
    AlreadyExists,
    BadRequest,
    Conflict,
    Invalid,
    NotFound,
    RequestEntityTooLarge,
)
from kactors.api.field_errors import invalid
from kactors.api.meta import is_being_deleted, name_of, resource_version_of, uid_of
from kactors.api.names import generate_name
from kactors.api.objects import Object, deep_copy, field
from kactors.api.registry import Resource
from kactors.api.rest import (
    before_create,
    before_update,
    fill_name,
    fill_namespace,
    fill_system_fields,
)
from kactors.apiserver.admission.chain import AdmissionChain
from kactors.apiserver.admission.plugin import AdmissionRequest, Operation
from kactors.apiserver.authentication.user import User
from kactors.apiserver.backend import Backend
from kactors.apiserver.event_leases import EventLeases
from kactors.apiserver.keys import key_of, prefix_of
from kactors.apiserver.registry.guaranteed_update import (
    Attempt,
    Outcome,
    Written,
    guaranteed_update,
)
from kactors.apiserver.registry.service_ranges import ServiceRanges
from kactors.apiserver.storage import NO_CLAIMS, Claims, Stored

#: Tries to find a name that nobody has; upstream's ``maxNameGenerationCreateAttempts``.
_NAME_ATTEMPTS: Final = 8
#: What etcd takes by default, less what a transaction adds.
OBJECT_BYTES_MAX: Final = 1_500_000

Change = Callable[[Object | None], Object]
"""Makes the new object, which is the caller's own, of the present one; that is None if none is."""


@attrs.define
class Write:
    """Who writes what where.

    Attributes:
        user: who.
        resource: of which kind.
        namespace: empty for kinds that have none.
        name: of the object; empty if it is new.
        subresource: empty for the object itself.
        dry_run: write nothing.
        warnings: for the client; grows.
        taken: keys that the object was to have, and others have; grows.
    """

    user: User
    resource: Resource
    namespace: str = ""
    name: str = ""
    subresource: str = ""
    dry_run: bool = False
    warnings: list[str] = attrs.field(factory=list)
    taken: dict[bytes, None] = attrs.field(factory=dict)

    @property
    def key(self) -> bytes:
        """Where the object is stored."""
        return key_of(prefix_of(self.resource), self.namespace, self.name)

    def admission(
        self, operation: Operation, new: Object | None, old: Object | None
    ) -> AdmissionRequest:
        """Return what admission is asked."""
        return AdmissionRequest(
            operation,
            self.user,
            self.resource,
            self.namespace,
            self.name or ("" if new is None else name_of(new)),
            self.subresource,
            new,
            old,
            self.dry_run,
        )

    def not_found(self) -> NotFound:
        """Return the error that says that there is no such object."""
        return NotFound(self.resource.plural, self.name, group=self.resource.group)

    def conflict(self, *why: str) -> Conflict:
        """Return the error that says that the object is not as expected."""
        return Conflict(self.resource.plural, self.name, *why, group=self.resource.group)


class ObjectStore:
    """See the module's text.

    Args:
        backend: etcd and the caches.
        admission: asked about every write.
        leases: for objects that end by themselves.
        services: gives Services addresses and node ports.
        event_seconds: that an Event lives after its last write.
    """

    def __init__(
        self,
        backend: Backend,
        admission: AdmissionChain,
        leases: EventLeases,
        services: ServiceRanges,
        *,
        event_seconds: int,
    ) -> None:
        self.backend = backend
        self.admission = admission
        self._leases = leases
        self._services = services
        self._event_seconds = event_seconds

    # Creating ---------------------------------------------------------------------------------

    async def create(self, write: Write, obj: Object) -> Written:
        """Create an object, which is the caller's own and of the kind's structure.

        Raises:
            AlreadyExists: there is one of that name.
            Invalid, Forbidden, BadRequest: the rules of the kind, or of the cluster, forbid it.
        """
        request, generated = await self._prepare_new(write, obj)
        write.name = name_of(obj)
        lease = await self._lease(write)
        names = _NAME_ATTEMPTS if generated else 1
        while True:
            body = encode_checked(await self._complete(write, request, obj))
            claims = self._claims(write, None, body)
            done = await self.backend.storage.swap(
                write.key, 0, body, lease=lease, claims=claims, dry_run=write.dry_run
            )
            if done.revision:
                return Written(body, 0 if write.dry_run else done.revision, created=True)
            if done.current is not None:
                names -= 1
                if not names:
                    raise AlreadyExists(
                        write.resource.plural, write.name, group=write.resource.group
                    )
                request.name = write.name = obj["metadata"]["name"] = generate_name(
                    obj["metadata"]["generateName"], self.backend.chance.below
                )
            write.taken.update(dict.fromkeys(done.taken))

    async def _prepare_new(self, write: Write, obj: Object) -> tuple[AdmissionRequest, bool]:
        """Let a new object be as its kind has it; tell whether its name was made up."""
        resource, backend = write.resource, self.backend
        fill_namespace(resource, obj, write.namespace)
        if resource_version_of(obj):
            raise BadRequest("resourceVersion should not be set on objects to be created")
        resource.strategy.default(obj)
        request = write.admission(Operation.CREATE, obj, None)
        await self.admission.admit(request)
        generated = fill_name(obj, backend.chance.below)
        fill_system_fields(obj, uid=backend.uid(), now_ns=backend.wall_ns())
        write.warnings += before_create(resource, obj)
        request.name = name_of(obj)
        return request, generated

    async def _complete(self, write: Write, request: AdmissionRequest, new: Object) -> Object:
        """Return a prepared object with what only the cluster can give it, if admission agrees."""
        if (ranges := self._ranges_of(write)) is not None and not write.subresource:
            new = deep_copy(new)  # what it is given now may have to be something else next time
            ranges.give(new, request.old, write.taken)
        request.object = new
        await self.admission.validate(request)
        return new

    def _ranges_of(self, write: Write) -> ServiceRanges | None:
        """Return what gives objects of this kind further keys, if they have any."""
        is_service = (write.resource.group, write.resource.plural) == ("", "services")
        return self._services if is_service else None

    def _claims(self, write: Write, before: bytes | None, after: bytes | None) -> Claims:
        """Return the keys that change hands when these bytes take the place of those."""
        ranges = self._ranges_of(write)
        if ranges is None:
            return NO_CLAIMS
        return ranges.claims(
            None if before is None else decode(before),
            None if after is None else decode(after),
            f"{write.namespace}/{write.name}",
        )

    async def _lease(self, write: Write) -> int:
        """Return the lease with which what is written ends; 0 for what does not."""
        if write.dry_run or (write.resource.group, write.resource.plural) != ("", "events"):
            return 0
        return await self._leases.lease_for(self._event_seconds)

    # Updating ---------------------------------------------------------------------------------

    async def update(
        self,
        write: Write,
        change: Change,
        *,
        check_create: Callable[[], None] | None = None,
    ) -> Written:
        """Change an object, or its status if that is the subresource of ``write``.

        Args:
            write: who, what, where.
            change: makes the new object; may be called several times.
            check_create: refuses to create what is not there, if the kind allows it; None does.

        Raises:
            NotFound: there is no such object, and an update creates none of its kind.
            Conflict: it is not the version, or not the object, that the client means.
            Invalid, Forbidden, BadRequest: the rules of the kind, or of the cluster, forbid it.
        """

        async def attempt(current: Stored | None) -> Outcome:
            if current is None:
                if check_create is None or not write.resource.strategy.allow_create_on_update:
                    raise write.not_found()
                check_create()
                new = change(None)
                self._check_identity(write, new)
                request, _ = await self._prepare_new(write, new)
                body = encode_checked(await self._complete(write, request, new))
                return Outcome(body, lease=await self._lease(write))
            old = decode(current.body, current.revision)
            return await self._updated(write, change(old), old, current.lease)

        return await self.guaranteed(write, attempt)

    async def guaranteed(self, write: Write, attempt: Attempt) -> Written:
        """Write what an attempt makes of the object; see `guaranteed_update`."""
        entry = None
        if self.backend.feed.ready:
            entry = self.backend.cache_of(write.resource).get(write.namespace, write.name)
        suggestion = (
            None if entry is None else Stored(entry.key, entry.body, entry.revision, entry.lease)
        )

        async def claiming(current: Stored | None) -> Outcome:
            outcome = await attempt(current)
            if outcome.body is None and not outcome.delete:
                return outcome
            before = None if current is None else current.body
            after = None if outcome.delete else outcome.body
            return attrs.evolve(outcome, claims=self._claims(write, before, after))

        return await guaranteed_update(
            self.backend.storage,
            write.key,
            attempt if self._ranges_of(write) is None else claiming,
            suggestion=suggestion,
            taken=write.taken,
            dry_run=write.dry_run,
        )

    async def _updated(self, write: Write, new: Object, old: Object, lease: int) -> Outcome:
        self._check_identity(write, new)
        self._check_version(write, new, old)
        write.resource.strategy.default(new)
        request = write.admission(Operation.UPDATE, new, old)
        await self.admission.admit(request)
        before_update(write.resource, new, old, status=write.subresource == "status")
        return await self.outcome(write, await self._complete(write, request, new), old, lease)

    async def outcome(self, write: Write, new: Object, old: Object, lease: int = 0) -> Outcome:
        """Return what is to become of an object: nothing new, a write, or that it goes."""
        new["metadata"]["resourceVersion"] = resource_version_of(old)
        if may_go(new, old):
            return Outcome(delete=True, answer=encode_checked(new))
        if new == old:
            return Outcome()
        return Outcome(encode_checked(new), lease=await self._lease(write) or lease)

    def _check_identity(self, write: Write, new: Object) -> None:
        """Let the object be the one that the request names.

        Raises:
            BadRequest: it is another one.
        """
        fill_namespace(write.resource, new, write.namespace)
        name = new["metadata"].setdefault("name", write.name)
        if name != write.name:
            raise BadRequest(
                f"the name of the object ({name}) does not match the name on the URL ({write.name})"
            )

    def _check_version(self, write: Write, new: Object, old: Object) -> None:
        """Let the client mean the object, and the version, that is there.

        Raises:
            Conflict: it means another.
            Invalid: it does not say which, and the kind wants it to.
        """
        uid = uid_of(new)
        if uid and uid != (found := uid_of(old)):
            raise write.conflict(
                f"Precondition failed: UID in precondition: {uid}, UID in object meta: {found}"
            )
        given = resource_version_of(new)
        if not given:
            if not write.resource.strategy.allow_unconditional_update:
                fault = invalid("metadata.resourceVersion", 0, "must be specified for an update")
                group = write.resource.group
                raise Invalid(write.resource.plural, write.name, [fault], group=group)
        elif given != resource_version_of(old):
            raise write.conflict()


def may_go(new: Object, old: Object) -> bool:
    """Tell whether an update was the last thing that an object was waiting for to go.

    Source: `ShouldDeleteDuringUpdate`, and `ShouldDeleteNamespaceDuringUpdate` of
    ``pkg/registry/core/namespace/storage``.
    """
    if not is_being_deleted(old) or field(new, "metadata", "finalizers"):
        return False
    if new.get("kind") == "Namespace" and field(new, "spec", "finalizers"):
        return False
    return not field(old, "metadata", "deletionGracePeriodSeconds")


def encode_checked(obj: Object) -> bytes:
    """Return an object's bytes.

    Raises:
        RequestEntityTooLarge: etcd would not take them.
    """
    body = encode(obj, conformed=True)
    if len(body) > OBJECT_BYTES_MAX:
        raise RequestEntityTooLarge(f"limit is {OBJECT_BYTES_MAX}, the object has {len(body)}")
    return body
