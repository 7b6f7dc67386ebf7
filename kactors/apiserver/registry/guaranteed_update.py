"""Changing an object on the ground of what it is, whoever else changes it meanwhile.

Theory of operation
===================

An *attempt* is a function from the object's present state to what is to become of it. It is tried
on what the cache knows, which saves a read; what comes of it is written only if etcd's state is
still that one. If not, it is tried again on etcd's state, as often as it takes. Whatever an attempt
refuses, or finds to be no change, counts only on etcd's own state: the cache may be behind.

An attempt that depends on a certain version (the client gave a ``resourceVersion``) says so by
refusing every other.

Source: ``staging/src/k8s.io/apiserver/pkg/storage/etcd3/store.go`` of Kubernetes,
`GuaranteedUpdate`.
"""

from collections.abc import Awaitable, Callable

import attrs

from kactors.api.errors import ApiError
from kactors.apiserver.storage import NO_CLAIMS, Claims, Storage, Stored, Swapped


@attrs.frozen
class Outcome:
    """What is to become of an object.

    Attributes:
        body: what to write; None writes nothing.
        delete: delete it instead.
        lease: with which what is written ends; 0 for none.
        answer: the bytes to answer with; ``body`` unless given, as it is for a deletion.
        claims: further keys that change hands with the write.
    """

    body: bytes | None = None
    delete: bool = False
    lease: int = 0
    answer: bytes | None = None
    claims: Claims = NO_CLAIMS


Attempt = Callable[[Stored | None], Awaitable[Outcome]]


@attrs.frozen
class Written:
    """An object after a write.

    Attributes:
        body: its bytes.
        revision: at which it was written; of a deletion, at which it was last written.
        created: it was not there before.
        deleted: it is not there any more.
    """

    body: bytes
    revision: int
    created: bool = False
    deleted: bool = False


async def guaranteed_update(
    storage: Storage,
    key: bytes,
    attempt: Attempt,
    *,
    suggestion: Stored | None = None,
    taken: dict[bytes, None] | None = None,
    dry_run: bool = False,
) -> Written:
    """Write what an attempt makes of an object; see the module's text.

    Args:
        storage: where.
        key: of the object.
        attempt: may be called several times.
        suggestion: the state as the cache knows it, if it does.
        taken: grows by the claimed keys that turn out to be others', for the next attempt to claim
            different ones, or to refuse; needed by attempts that claim any.
        dry_run: write nothing.

    Raises:
        ApiError: whatever the attempt refuses.
        OutcomeUnknown, ClusterUnavailable, EtcdError: etcd has not done it, or nobody knows.
    """
    fresh = suggestion is None
    current = await storage.get(key) if suggestion is None else suggestion
    while True:
        try:
            outcome = await attempt(current)
        except ApiError:
            if fresh:
                raise
            current, fresh = await storage.get(key), True
            continue
        if outcome.body is None and not outcome.delete:
            if not fresh:
                latest, fresh = await storage.get(key), True
                if latest != current:
                    current = latest
                    continue
            assert current is not None, "what is left as it is is there"
            return Written(outcome.answer or current.body, current.revision)
        done = await _write(storage, key, current, outcome, dry_run=dry_run)
        if isinstance(done, Written):
            return done
        if taken is not None:
            taken.update(dict.fromkeys(done.taken))
        current, fresh = done.current, True


async def _write(
    storage: Storage, key: bytes, current: Stored | None, outcome: Outcome, *, dry_run: bool
) -> Written | Swapped:
    seen = 0 if current is None else current.revision
    answer = outcome.answer or outcome.body
    assert answer is not None, "what is deleted is answered with as it was in the end"
    body = None if outcome.delete else outcome.body
    done = await storage.swap(
        key, seen, body, lease=outcome.lease, claims=outcome.claims, dry_run=dry_run
    )
    if not done.revision:
        return done
    revision = seen if outcome.delete or dry_run else done.revision
    return Written(answer, revision, created=not seen, deleted=outcome.delete)
