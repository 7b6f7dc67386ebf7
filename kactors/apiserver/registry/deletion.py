"""Deleting objects: at once, after a grace period, or when their finalizers are done.

What upstream does in two writes when the grace period is zero (mark the object, then delete it) is
one
here: nobody could act between them.

Source: ``staging/src/k8s.io/apiserver/pkg/registry/generic/registry/store.go`` of Kubernetes,
`Delete` and `updateForGracefulDeletionAndFinalizers`; ``pkg/registry/rest/delete.go``,
`BeforeDelete`; ``pkg/registry/core/namespace/storage/storage.go``.
"""

from enum import Enum
from typing import Final

from kactors.api.codec import decode
from kactors.api.meta import (
    deletion_time_of,
    finalizers_of,
    format_time,
    generation_of,
    is_being_deleted,
    resource_version_of,
    uid_of,
)
from kactors.api.objects import Object, field
from kactors.api.strategy import GarbageCollection
from kactors.apiserver.admission.plugin import Operation
from kactors.apiserver.options import DeleteOptions
from kactors.apiserver.registry.guaranteed_update import Outcome, Written
from kactors.apiserver.registry.object_store import ObjectStore, Write, encode_checked
from kactors.apiserver.storage import Stored

ORPHAN: Final = "orphan"
FOREGROUND: Final = "foregroundDeletion"
_SECOND_NS: Final = 10**9


class _Grace(Enum):
    """What a grace period means for a deletion."""

    NONE = "the object goes as soon as no finalizer holds it"
    BEGINS = "it has begun, or was shortened"
    PENDING = "it is running, and nothing changes"


async def delete(store: ObjectStore, write: Write, options: DeleteOptions) -> Written:
    """Delete an object, or begin to; see `Written.deleted`.

    Raises:
        NotFound: there is none.
        Conflict: it is not the one, or not the version, that the client means.
        Forbidden: the cluster does not allow it.
    """
    now_ns = store.backend.wall_ns()

    async def attempt(current: Stored | None) -> Outcome:
        if current is None:
            raise write.not_found()
        old = decode(current.body, current.revision)
        _check(write, old, options)
        request = write.admission(Operation.DELETE, None, old)
        await store.admission.admit(request)
        await store.admission.validate(request)
        new = _own(old)
        if write.resource.kind == "Namespace":
            return _namespace_outcome(write, new, old, options, now_ns)
        return _outcome(write, new, old, options, now_ns)

    write.dry_run = write.dry_run or options.dry_run
    return await store.guaranteed(write, attempt)


def _own(old: Object) -> Object:
    """Return a copy whose metadata can be changed."""
    return {**old, "metadata": dict(old["metadata"])}


def _check(write: Write, old: Object, options: DeleteOptions) -> None:
    for what, given, found in (
        ("UID", options.uid, uid_of(old)),
        ("ResourceVersion", options.resource_version, resource_version_of(old)),
    ):
        if given and given != found:
            raise write.conflict(
                f"Precondition failed: {what} in precondition: {given}, {what} in object meta: "
                f"{found}"
            )


def _outcome(
    write: Write, new: Object, old: Object, options: DeleteOptions, now_ns: int
) -> Outcome:
    grace = _begin_grace(write, new, options, now_ns)
    if grace is _Grace.PENDING:
        return Outcome()
    finalizers = _set_finalizers(write, new, options)
    if grace is _Grace.NONE and finalizers:
        _mark(new, now_ns)
    waits = grace is _Grace.BEGINS and field(new, "metadata", "deletionGracePeriodSeconds")
    if finalizers or waits:
        return Outcome() if new == old else Outcome(encode_checked(new))
    return Outcome(delete=True, answer=encode_checked(new))


def _begin_grace(write: Write, obj: Object, options: DeleteOptions, now_ns: int) -> _Grace:
    """Begin or shorten the grace period of an object whose kind knows one."""
    strategy, meta = write.resource.strategy, obj["metadata"]
    asked = options.grace_s
    period = strategy.grace_period(obj, asked)
    if period is None:
        return _Grace.NONE
    deletes_at = deletion_time_of(obj)
    if deletes_at is None:
        meta["deletionTimestamp"] = format_time(now_ns + period * _SECOND_NS)
        meta["deletionGracePeriodSeconds"] = period
        _next_generation(obj)
        return _Grace.BEGINS
    running = meta.get("deletionGracePeriodSeconds")
    if not running:
        return _Grace.NONE
    if asked is None or asked >= running:
        return _Grace.PENDING
    asked = max(asked, 0)
    meta["deletionTimestamp"] = format_time(deletes_at + (asked - running) * _SECOND_NS)
    meta["deletionGracePeriodSeconds"] = asked
    return _Grace.BEGINS


def _mark(obj: Object, now_ns: int) -> None:
    """Let everybody see that an object is to go as soon as it can."""
    meta = obj["metadata"]
    deletes_at = deletion_time_of(obj)
    if deletes_at is None:
        _next_generation(obj)
    if deletes_at is None or deletes_at > now_ns:
        meta["deletionTimestamp"] = format_time(now_ns)
    meta["deletionGracePeriodSeconds"] = 0


def _next_generation(obj: Object) -> None:
    if generation := generation_of(obj):
        obj["metadata"]["generation"] = generation + 1


def _set_finalizers(write: Write, obj: Object, options: DeleteOptions) -> list[str]:
    """Set what the garbage collector is to do before the object goes; return all finalizers."""
    present = list(finalizers_of(obj))
    kept = [name for name in present if name not in {ORPHAN, FOREGROUND}]
    wanted = _propagation(write, present, options)
    if wanted == "Orphan":
        kept.append(ORPHAN)
    elif wanted == "Foreground":
        kept.append(FOREGROUND)
    if sorted(kept) == sorted(present):
        return present
    if kept:
        obj["metadata"]["finalizers"] = kept
    else:
        obj["metadata"].pop("finalizers", None)
    return kept


def _propagation(write: Write, present: list[str], options: DeleteOptions) -> str:
    """Return what happens to dependents: Orphan, Foreground, or anything else for Background."""
    default = write.resource.strategy.garbage_collection
    if default is GarbageCollection.UNSUPPORTED:
        return ""
    if options.orphan_dependents is not None:
        return "Orphan" if options.orphan_dependents else ""
    if options.propagation:
        return options.propagation
    if ORPHAN in present:
        return "Orphan"
    if FOREGROUND in present:
        return "Foreground"
    return str(default.value)


def _namespace_outcome(
    write: Write, new: Object, old: Object, options: DeleteOptions, now_ns: int
) -> Outcome:
    """Let a namespace be emptied before it goes: that is what its own finalizers are for."""
    if not is_being_deleted(new):
        new["metadata"]["deletionTimestamp"] = format_time(now_ns)
        _set_finalizers(write, new, options)
    new["status"] = {**(new.get("status") or {}), "phase": "Terminating"}
    if field(new, "spec", "finalizers") or finalizers_of(new):
        return Outcome() if new == old else Outcome(encode_checked(new))
    return Outcome(delete=True, answer=encode_checked(new))
