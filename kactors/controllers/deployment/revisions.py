"""Templates and their ReplicaSets: which is new, how they are numbered, what is written on them.

Source: kubernetes pkg/controller/deployment/util/deployment_util.go, sync.go
(getNewReplicaSet, SetNewReplicaSetAnnotations).
"""

from collections.abc import Iterable, Sequence
from typing import Final

from kactors.api.meta import (
    annotations_of,
    controller_ref,
    creation_time_of,
    labels_of,
    name_of,
    namespace_of,
)
from kactors.api.objects import Object, deep_copy, field, replaced, without
from kactors.controllers.deployment.rolling import Limits, SetCount
from kactors.controllers.templates import compute_hash

__all__ = [
    "DESIRED", "HASH_LABEL", "MAX", "REVISION", "ROLLBACK_TO", "count_of", "equal_ignoring_hash",
    "find_new_set", "max_revision", "new_replica_set", "revision_of_set", "with_counts",
    "with_revision",
]  # fmt: skip

HASH_LABEL: Final = "pod-template-hash"
REVISION: Final = "deployment.kubernetes.io/revision"
HISTORY: Final = "deployment.kubernetes.io/revision-history"
DESIRED: Final = "deployment.kubernetes.io/desired-replicas"
MAX: Final = "deployment.kubernetes.io/max-replicas"
ROLLBACK_TO: Final = "deprecated.deployment.rollback.to"

_NOT_COPIED: Final = (
    "kubectl.kubernetes.io/last-applied-configuration", REVISION, HISTORY, DESIRED, MAX,
    ROLLBACK_TO,
)  # fmt: skip


def _number(text: str | None) -> int:
    try:
        return int(text or 0)
    except ValueError:
        return 0


def revision_of_set(replica_set: Object) -> int:
    """Return the number of the template; 0 if it has none."""
    return _number(annotations_of(replica_set).get(REVISION))


def max_revision(sets: Iterable[Object]) -> int:
    """Return the highest number; 0 if there is none."""
    return max((revision_of_set(each) for each in sets), default=0)


def count_of(replica_set: Object) -> SetCount:
    """Return what the arithmetic of rolling updates needs to know."""
    return SetCount(
        name=name_of(replica_set),
        created_ns=creation_time_of(replica_set),
        replicas=field(replica_set, "spec", "replicas", default=1),
        available=field(replica_set, "status", "availableReplicas", default=0),
        max_replicas=_number(annotations_of(replica_set).get(MAX)),
    )


def equal_ignoring_hash(one: Object, other: Object) -> bool:
    """Tell whether two templates are the same but for the label that tells them apart."""
    path = ("metadata", "labels", HASH_LABEL)
    return _tidy(without(one, *path)) == _tidy(without(other, *path))


def _tidy(template: Object) -> Object:
    """Return the template without what says nothing: empty labels, a null creation time."""
    metadata = {key: value for key, value in (template.get("metadata") or {}).items() if value}
    return {**template, "metadata": metadata}


def find_new_set(deployment: Object, sets: Sequence[Object]) -> Object | None:
    """Return the ReplicaSet of the Deployment's template; the oldest, should there be several."""
    template = deployment["spec"]["template"]
    for each in sorted(sets, key=lambda one: (creation_time_of(one), name_of(one))):
        if equal_ignoring_hash(each["spec"]["template"], template):
            return each
    return None


def new_replica_set(deployment: Object, revision: int, limits: Limits, replicas: int) -> Object:
    """Return the ReplicaSet to be made for the Deployment's template.

    Its name is made of the template, so whoever creates it twice creates it once.
    """
    spec = deployment["spec"]
    digest = compute_hash(spec["template"], field(deployment, "status", "collisionCount"))
    template = deep_copy(spec["template"])
    labels = {**labels_of(template), HASH_LABEL: digest}
    template["metadata"] = {**(template.get("metadata") or {}), "labels": labels}
    selector = deep_copy(spec["selector"])
    selector["matchLabels"] = {**(selector.get("matchLabels") or {}), HASH_LABEL: digest}
    annotations = _copied(deployment) | _counts(limits) | {REVISION: str(revision)}
    return {
        "apiVersion": "apps/v1",
        "kind": "ReplicaSet",
        "metadata": {
            "name": f"{name_of(deployment)}-{digest}",
            "namespace": namespace_of(deployment),
            "labels": dict(labels),
            "annotations": annotations,
            "ownerReferences": [controller_ref(deployment)],
        },
        "spec": {
            "replicas": replicas,
            "minReadySeconds": spec.get("minReadySeconds", 0),
            "selector": selector,
            "template": template,
        },
    }


def _copied(deployment: Object) -> dict[str, str]:
    return {key: value for key, value in annotations_of(deployment).items()
            if key not in _NOT_COPIED}  # fmt: skip


def _counts(limits: Limits) -> dict[str, str]:
    return {DESIRED: str(limits.desired), MAX: str(limits.most)}


def with_counts(replica_set: Object, limits: Limits, replicas: int) -> Object:
    """Return the ReplicaSet scaled, with a note of what it is a part of."""
    annotations = {**annotations_of(replica_set), **_counts(limits)}
    scaled = replaced(replica_set, annotations, "metadata", "annotations")
    return replaced(scaled, replicas, "spec", "replicas")


def with_revision(deployment: Object, replica_set: Object, revision: int) -> Object:
    """Return the new ReplicaSet as the Deployment would have it, but for its replicas.

    It gets the Deployment's annotations and, if it has a lower one, the number; the numbers that it
    had before are noted. It is the same object if nothing changes.
    """
    old = annotations_of(replica_set)
    annotations = {**old, **_copied(deployment)}
    had = revision_of_set(replica_set)
    if had < revision:
        annotations[REVISION] = str(revision)
        if had:
            earlier = [each for each in old.get(HISTORY, "").split(",") if each]
            annotations[HISTORY] = ",".join([*earlier, str(had)])
    min_ready = deployment["spec"].get("minReadySeconds", 0)
    result = replica_set
    if annotations != old:
        result = replaced(result, annotations, "metadata", "annotations")
    if min_ready != field(replica_set, "spec", "minReadySeconds", default=0):
        result = replaced(result, min_ready, "spec", "minReadySeconds")
    return result
