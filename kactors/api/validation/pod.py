"""The rules of pods: when they are made, when they change, when their status changes.

Source: kubernetes pkg/apis/core/validation/validation.go, ``ValidatePodCreate``,
``ValidatePodUpdate``, ``ValidatePodStatusUpdate``.
"""

from collections.abc import Sequence
from typing import Any

from kactors.api.field_errors import FieldError, forbidden, invalid, required
from kactors.api.names import is_dns1123_subdomain
from kactors.api.objects import Object, deep_copy, field
from kactors.api.validation.common import faulty
from kactors.api.validation.metadata import immutable
from kactors.api.validation.placement import validate_tolerations
from kactors.api.validation.pod_spec import validate_pod_spec

__all__ = ["validate_pod", "validate_pod_status_update", "validate_pod_update"]

_MAX_INT32 = 2**31 - 1
_MUTABLE = (
    "pod updates may not change fields other than `spec.containers[*].image`,"
    "`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only "
    "additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set "
    "to 1 if it was previously negative)"
)


def validate_pod(pod: Object) -> list[FieldError]:
    """Return what is wrong with a new pod."""
    spec: Object = pod.get("spec") or {}
    errors = validate_pod_spec(spec, "spec")
    if spec.get("ephemeralContainers"):
        errors.append(forbidden("spec.ephemeralContainers", "cannot be set on create"))
    return errors


def validate_pod_update(new: Object, old: Object) -> list[FieldError]:
    """Return what is wrong with a change of a pod: most of it may not change."""
    after: Object = new.get("spec") or {}
    before: Object = old.get("spec") or {}
    errors: list[FieldError] = []
    for name in ("containers", "initContainers"):
        images, stops = _images(after.get(name) or (), before.get(name) or (), f"spec.{name}")
        errors += images
        if stops:
            return errors
    errors += _deadline(after.get("activeDeadlineSeconds"), before.get("activeDeadlineSeconds"))
    errors += _tolerations(after.get("tolerations") or (), before.get("tolerations") or ())
    errors += _gates(after.get("schedulingGates") or (), before.get("schedulingGates") or ())
    if errors:
        return errors
    changed = [name for name in _with_mutable_of(after, before) if name]
    if changed:
        fields = ", ".join(f"spec.{name}" for name in changed)
        errors.append(forbidden("spec", f"{_MUTABLE}\nfound changes of {fields}"))
    return errors


def _with_mutable_of(after: Object, before: Object) -> list[str]:
    """Return the fields of the spec that differ, leaving out what may."""
    munged = deep_copy(after)
    for name in ("activeDeadlineSeconds", "tolerations", "schedulingGates"):
        _restore(munged, before, name)
    for name in ("containers", "initContainers"):
        for container, old in zip(munged.get(name) or (), before.get(name) or (), strict=False):
            _restore(container, old, "image")
    grace = before.get("terminationGracePeriodSeconds")
    if grace is not None and grace < 0 and munged.get("terminationGracePeriodSeconds") == 1:
        munged["terminationGracePeriodSeconds"] = grace
    if before.get("schedulingGates"):
        _restore_narrowed(munged, before)
    return [name for name in {**before, **munged} if munged.get(name) != before.get(name)]


def _restore_narrowed(munged: Object, before: Object) -> None:
    """Allow a pod that is not yet to be scheduled to ask for more of its node."""
    wanted = munged.get("nodeSelector") or {}
    if all(wanted.get(key) == value for key, value in (before.get("nodeSelector") or {}).items()):
        _restore(munged, before, "nodeSelector")
    if not field(before, "affinity", "nodeAffinity"):
        affinity = munged.get("affinity") or {}
        affinity.pop("nodeAffinity", None)
        if not affinity and not before.get("affinity"):
            munged.pop("affinity", None)


def _restore(munged: Object, before: Object, name: str) -> None:
    if name in before:
        munged[name] = before[name]
    else:
        munged.pop(name, None)


def _images(
    after: Sequence[Object], before: Sequence[Object], path: str
) -> tuple[list[FieldError], bool]:
    if len(after) != len(before):
        detail = "pod updates may not add or remove containers"
        return [forbidden(path, detail)], True
    errors = []
    for index, container in enumerate(after):
        image = container.get("image") or ""
        if not image:
            errors.append(required(f"{path}[{index}].image"))
        elif image != image.strip():
            detail = "must not have leading or trailing whitespace"
            errors.append(invalid(f"{path}[{index}].image", image, detail))
    return errors, False


def _deadline(after: int | None, before: int | None) -> list[FieldError]:
    path = "spec.activeDeadlineSeconds"
    if after is None:
        if before is None:
            return []
        detail = "must not update from a positive integer to nil value"
        return [invalid(path, after, detail)]
    if not 0 <= after <= _MAX_INT32:
        return [invalid(path, after, f"must be between 0 and {_MAX_INT32}, inclusive")]
    if before is not None and before < after:
        return [invalid(path, after, "must be less than or equal to previous value")]
    return []


def _tolerations(after: Sequence[Object], before: Sequence[Object]) -> list[FieldError]:
    errors = []
    unlimited = [_without_seconds(each) for each in after]
    if any(_without_seconds(each) not in unlimited for each in before):
        detail = "existing toleration can not be modified except its tolerationSeconds"
        errors.append(forbidden("spec.tolerations", detail))
    return errors + validate_tolerations(after, "spec.tolerations")


def _without_seconds(toleration: Object) -> Object:
    return {key: value for key, value in toleration.items() if key != "tolerationSeconds"}


def _gates(after: Sequence[Object], before: Sequence[Object]) -> list[FieldError]:
    known = [gate.get("name") for gate in before]
    detail = "only deletion is allowed, but found new scheduling gate '{}'"
    return [forbidden(f"spec.schedulingGates[{index}].name", detail.format(gate.get("name")))
            for index, gate in enumerate(after) if gate.get("name") not in known]  # fmt: skip


def validate_pod_status_update(new: Object, old: Object) -> list[FieldError]:
    """Return what is wrong with a change of a pod's status."""
    after: Object = new.get("status") or {}
    before: Object = old.get("status") or {}
    errors = immutable(after.get("qosClass"), before.get("qosClass"), "status.qosClass")
    if node := after.get("nominatedNodeName"):
        errors += faulty("status.nominatedNodeName", node, is_dns1123_subdomain(node))
    policy = field(old, "spec", "restartPolicy", default="Always")
    sidecars = [each.get("name") for each in field(old, "spec", "initContainers", default=())
                if each.get("restartPolicy") == "Always"]  # fmt: skip
    errors += _revived(after, before, "containerStatuses", never_again=policy == "Never")
    errors += _revived(
        after, before, "initContainerStatuses", never_again=policy == "Never", except_=sidecars
    )
    return errors


def _revived(
    after: Object, before: Object, name: str, *, never_again: bool, except_: Sequence[Any] = ()
) -> list[FieldError]:
    """Find containers that ended for good, and are said to run again."""
    if not never_again:
        return []
    ended = [each.get("name") for each in before.get(name) or ()
             if field(each, "state", "terminated") is not None]  # fmt: skip
    detail = "may not be transitioned to non-terminated state"
    return [
        forbidden(f"status.{name}[{index}].state", detail)
        for index, each in enumerate(after.get(name) or ())
        if each.get("name") in ended
        and each.get("name") not in except_
        and field(each, "state", "terminated") is None
    ]
