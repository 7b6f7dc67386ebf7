"""Who a pod of a StatefulSet is: its ordinal, its name, its volumes.

Source: kubernetes pkg/controller/statefulset/stateful_set_utils.go.
"""

import re
from collections.abc import Sequence
from typing import Final

from kactors.api.meta import controller_ref, labels_of, name_of, namespace_of
from kactors.api.objects import Object, deep_copy, field
from kactors.controllers.history import HASH_LABEL, revision_hash, template_of

__all__ = ["POD_INDEX", "POD_NAME", "claims_of", "first_ordinal", "new_pod", "ordinal_of",
           "pod_name"]  # fmt: skip

POD_NAME: Final = "statefulset.kubernetes.io/pod-name"
POD_INDEX: Final = "apps.kubernetes.io/pod-index"

_NAME: Final = re.compile(r"(.*)-([0-9]+)", re.ASCII)


def first_ordinal(stateful_set: Object) -> int:
    """Return the lowest ordinal."""
    start: int = field(stateful_set, "spec", "ordinals", "start", default=0)
    return start


def pod_name(stateful_set: Object, ordinal: int) -> str:
    """Return the name of a pod."""
    return f"{name_of(stateful_set)}-{ordinal}"


def ordinal_of(stateful_set: Object, pod: Object) -> int | None:
    """Return which of the set's pods this is, by its name; ``None`` if it is none of them."""
    match = _NAME.fullmatch(name_of(pod))
    if match is None or match[1] != name_of(stateful_set):
        return None
    return int(match[2])


def claims_of(stateful_set: Object, ordinal: int) -> list[Object]:
    """Return the volume claims of a pod; they stay when it goes, and are its own again later."""
    found = []
    for template in _claim_templates(stateful_set):
        claim = deep_copy(template)
        claim.pop("status", None)
        labels = field(stateful_set, "spec", "selector", "matchLabels", default={})
        metadata = {
            **(claim.get("metadata") or {}),
            "name": _claim_name(stateful_set, template, ordinal),
            "namespace": namespace_of(stateful_set),
        }
        metadata["labels"] = {**(metadata.get("labels") or {}), **labels}
        found.append(
            {**claim, "apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": metadata}
        )
    return found


def _claim_templates(stateful_set: Object) -> Sequence[Object]:
    templates: Sequence[Object] = field(stateful_set, "spec", "volumeClaimTemplates", default=())
    return templates


def _claim_name(stateful_set: Object, template: Object, ordinal: int) -> str:
    return f"{name_of(template)}-{pod_name(stateful_set, ordinal)}"


def new_pod(stateful_set: Object, revision: Object, ordinal: int) -> Object:
    """Return a pod as a revision would have it."""
    template = deep_copy(template_of(revision))
    name = pod_name(stateful_set, ordinal)
    labels = {
        **labels_of(template),
        POD_NAME: name,
        POD_INDEX: str(ordinal),
        HASH_LABEL: revision_hash(revision),
    }
    metadata: Object = {
        "name": name,
        "namespace": namespace_of(stateful_set),
        "labels": labels,
        "ownerReferences": [controller_ref(stateful_set)],
    }
    for key in ("annotations", "finalizers"):
        if found := field(template, "metadata", key):
            metadata[key] = found
    spec: Object = template.get("spec") or {}
    spec["hostname"] = name
    if service := field(stateful_set, "spec", "serviceName"):
        spec["subdomain"] = service
    own = {name_of(each): {"claimName": _claim_name(stateful_set, each, ordinal)}
           for each in _claim_templates(stateful_set)}  # fmt: skip
    if own:
        others = [each for each in spec.get("volumes") or () if each.get("name") not in own]
        volumes = [{"name": key, "persistentVolumeClaim": claim} for key, claim in own.items()]
        spec["volumes"] = [*others, *volumes]
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}
