"""Old templates, kept as ControllerRevisions: what pods were made of, and can be made of again.

Source: kubernetes pkg/controller/history/controller_history.go; stateful_set_control.go
(getStatefulSetRevisions), daemon/update.go (constructHistory).
"""

from collections.abc import Collection, Sequence
from typing import Final

import attrs

from kactors.api.errors import AlreadyExists, NotFound
from kactors.api.meta import (
    controller_ref,
    creation_time_of,
    labels_of,
    name_of,
    namespace_of,
    uid_of,
)
from kactors.api.objects import Object, deep_copy, field, replaced
from kactors.client.resource_client import ResourceClient
from kactors.client.resources import GroupVersionResource
from kactors.controllers.templates import compute_hash

__all__ = ["HASH_LABEL", "REVISIONS", "History", "forget", "new_revision", "revision_hash",
           "superfluous", "sync_history", "template_of"]  # fmt: skip

REVISIONS: Final = GroupVersionResource("apps", "v1", "controllerrevisions")
HASH_LABEL: Final = "controller-revision-hash"


@attrs.frozen
class History:
    """The revisions of an owner.

    Attributes:
        update: that of the template as it is now.
        all: every one of them, oldest first.
    """

    update: Object
    all: tuple[Object, ...]

    def find(self, name: str) -> Object | None:
        """Return the revision of this name; ``None`` if there is none."""
        return next((each for each in self.all if name_of(each) == name), None)


def _data(owner: Object) -> Object:
    template = deep_copy(owner["spec"]["template"])
    return {"spec": {"template": {**template, "$patch": "replace"}}}


def template_of(revision: Object) -> Object:
    """Return the template that a revision keeps."""
    template: Object = revision["data"]["spec"]["template"]
    return {key: value for key, value in template.items() if key != "$patch"}


def revision_hash(revision: Object) -> str:
    """Return what pods of a revision have in the label `HASH_LABEL`."""
    return labels_of(revision).get(HASH_LABEL, "")


def new_revision(owner: Object, number: int, collision_count: int | None = None) -> Object:
    """Return a revision of the owner's template, named after what is in it."""
    data = _data(owner)
    digest = compute_hash(data, collision_count)
    return {
        "apiVersion": "apps/v1",
        "kind": "ControllerRevision",
        "metadata": {
            "name": f"{name_of(owner)}-{digest}",
            "namespace": namespace_of(owner),
            "labels": {**labels_of(owner["spec"]["template"]), HASH_LABEL: digest},
            "ownerReferences": [controller_ref(owner)],
        },
        "data": data,
        "revision": number,
    }


def superfluous(
    revisions: Sequence[Object], live: Collection[str], limit: int | None
) -> list[Object]:
    """Return the oldest revisions beyond ``limit`` that nothing uses.

    Args:
        revisions: all, oldest first.
        live: names of those in use; they do not count.
        limit: ``spec.revisionHistoryLimit``; ten unless given.
    """
    unused = [each for each in revisions if name_of(each) not in live]
    return unused[: max(0, len(unused) - (10 if limit is None else limit))]


async def sync_history(
    client: ResourceClient, owner: Object, existing: Sequence[Object]
) -> History:
    """Return the owner's revisions, after making that of its template the newest.

    Args:
        client: of `REVISIONS`.
        owner: whose.
        existing: those that it controls, as far as the cache shows.

    Raises:
        AlreadyExists: another template has the same name; the owner's ``status.collisionCount``
            must go up.
        ApiError, ClientError: as any write.
    """
    revisions = sorted(existing, key=lambda each: (each["revision"], creation_time_of(each),
                                                   name_of(each)))  # fmt: skip
    data = _data(owner)
    equal = [each for each in revisions if each["data"] == data]
    newest = revisions[-1]["revision"] if revisions else 0
    if equal and equal[-1] is revisions[-1]:
        return History(equal[-1], tuple(revisions))
    if equal:
        # The owner was rolled back: an old revision becomes the newest.
        renumbered = await client.update(replaced(equal[-1], newest + 1, "revision"))
        others = [each for each in revisions if each is not equal[-1]]
        return History(renumbered, (*others, renumbered))
    collisions: int | None = field(owner, "status", "collisionCount")
    wanted = new_revision(owner, newest + 1, collisions)
    try:
        created = await client.create(wanted)
    except AlreadyExists:
        created = await client.get(name_of(wanted), namespace_of(wanted))
        references = field(created, "metadata", "ownerReferences", default=())
        mine = any(each.get("uid") == uid_of(owner) for each in references)
        if not mine or created["data"] != data:
            raise
    return History(created, (*revisions, created))


async def forget(client: ResourceClient, revisions: Sequence[Object]) -> None:
    """Delete revisions."""
    for each in revisions:
        options = {"preconditions": {"uid": uid_of(each)}}
        try:
            await client.delete(name_of(each), namespace_of(each), options=options)
        except NotFound:
            continue
