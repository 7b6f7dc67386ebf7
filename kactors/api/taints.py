"""Taints of nodes, and the pods that tolerate them.

Source: kubernetes staging/src/k8s.io/component-helpers/scheduling/corev1/helpers.go,
api/core/v1/toleration.go.
"""

from collections.abc import Callable, Iterable, Sequence

from kactors.api.objects import Object

__all__ = ["NO_EXECUTE", "NO_SCHEDULE", "PREFER_NO_SCHEDULE", "find_untolerated",
           "hinders_scheduling", "matches_taint", "tolerates", "tolerates_all"]  # fmt: skip

NO_SCHEDULE = "NoSchedule"
PREFER_NO_SCHEDULE = "PreferNoSchedule"
NO_EXECUTE = "NoExecute"


def tolerates(toleration: Object, taint: Object) -> bool:
    """Tell whether one toleration covers one taint.

    An empty effect covers every effect; an empty key with ``Exists`` covers every key.
    """
    effect = toleration.get("effect")
    if effect and effect != taint.get("effect"):
        return False
    key = toleration.get("key")
    if key and key != taint.get("key"):
        return False
    operator = toleration.get("operator") or "Equal"
    if operator == "Exists":
        return True
    # With Equal, an empty key is compared too: upstream refuses it in validation.
    return operator == "Equal" and (toleration.get("value") or "") == (taint.get("value") or "")


def hinders_scheduling(taint: Object) -> bool:
    """Tell whether an untolerated taint keeps a new pod off the node."""
    return taint.get("effect") in {NO_SCHEDULE, NO_EXECUTE}


def find_untolerated(
    taints: Iterable[Object],
    tolerations: Sequence[Object],
    include: Callable[[Object], bool] = hinders_scheduling,
) -> Object | None:
    """Return the first taint that no toleration covers, of those that ``include`` takes.

    By default these are the taints that keep a pod from being scheduled.
    """
    for taint in taints:
        if include(taint) and not any(tolerates(each, taint) for each in tolerations):
            return taint
    return None


def tolerates_all(taints: Iterable[Object], tolerations: Sequence[Object]) -> bool:
    """Tell whether every taint is covered, whatever its effect."""
    return find_untolerated(taints, tolerations, include=lambda _: True) is None


def matches_taint(one: Object, other: Object) -> bool:
    """Tell whether two taints are the same taint: key and effect are equal, values may differ."""
    return one.get("key") == other.get("key") and one.get("effect") == other.get("effect")
