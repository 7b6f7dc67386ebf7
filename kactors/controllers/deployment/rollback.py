"""Going back to an earlier template.

A client that undoes a rollout writes the old template itself. Here is the older way, an annotation
that names a revision, which upstream still honours.

Source: kubernetes pkg/controller/deployment/rollback.go.
"""

from collections.abc import Sequence

import attrs

from kactors.api.meta import annotations_of, labels_of
from kactors.api.objects import Object, deep_copy, replaced, without
from kactors.controllers.deployment.revisions import (
    HASH_LABEL,
    ROLLBACK_TO,
    equal_ignoring_hash,
    max_revision,
    revision_of_set,
)

__all__ = ["Rollback", "rollback"]


@attrs.frozen
class Rollback:
    """What becomes of a wish to roll back.

    Attributes:
        deployment: without the wish, and with the earlier template if there is one.
        reason: of the event that tells about it.
        message: of that event.
    """

    deployment: Object
    reason: str
    message: str

    @property
    def done(self) -> bool:
        """Whether the template has changed."""
        return self.reason == "DeploymentRollback"


def rollback(deployment: Object, sets: Sequence[Object]) -> Rollback | None:
    """Return what becomes of the Deployment's wish to roll back; ``None`` if it has none.

    Revision 0 means the one before the latest.
    """
    text = annotations_of(deployment).get(ROLLBACK_TO)
    if text is None:
        return None
    satisfied = without(deployment, "metadata", "annotations", ROLLBACK_TO)
    if not text.isascii() or not text.isdigit():
        return Rollback(satisfied, "DeploymentRollbackRevisionNotFound",
                        f"Unable to understand the revision {text!r}.")  # fmt: skip
    revision = int(text) or _last_revision(sets)
    for each in sets:
        if revision and revision_of_set(each) == revision:
            return _to(satisfied, each["spec"]["template"], revision)
    return Rollback(satisfied, "DeploymentRollbackRevisionNotFound",
                    "Unable to find the revision to rollback to.")  # fmt: skip


def _last_revision(sets: Sequence[Object]) -> int:
    newest = max_revision(sets)
    return max_revision([each for each in sets if revision_of_set(each) != newest])


def _to(deployment: Object, template: Object, revision: int) -> Rollback:
    if equal_ignoring_hash(deployment["spec"]["template"], template):
        message = (
            f"The rollback revision contains the same template as current deployment "
            f"(revision {revision})"
        )
        return Rollback(deployment, "DeploymentRollbackTemplateUnchanged", message)
    earlier = deep_copy(template)
    labels = {key: value for key, value in labels_of(earlier).items() if key != HASH_LABEL}
    earlier["metadata"] = {**earlier["metadata"], "labels": labels}
    return Rollback(replaced(deployment, earlier, "spec", "template"), "DeploymentRollback",
                    f"Rolled back deployment to revision {revision}")  # fmt: skip
