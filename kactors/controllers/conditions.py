"""Lists of conditions, as in the status of most kinds.

Source: kubernetes pkg/controller/deployment/util/deployment_util.go, SetDeploymentCondition, and
its likes in other controllers.
"""

from collections.abc import Iterable

from kactors.api.objects import Object

__all__ = ["set_condition", "without_condition"]


def set_condition(conditions: Iterable[Object], condition: Object) -> list[Object]:
    """Return ``conditions`` with this one, unless it says nothing new.

    If status and reason are as before, everything is left as it is. If only the status is, so is
    the time of its last transition.
    """
    found = list(conditions)
    for index, old in enumerate(found):
        if old.get("type") != condition["type"]:
            continue
        if old.get("status") == condition["status"]:
            if old.get("reason") == condition.get("reason"):
                return found
            if "lastTransitionTime" in old:
                condition = {**condition, "lastTransitionTime": old["lastTransitionTime"]}
        del found[index]
        break
    return [*found, condition]


def without_condition(conditions: Iterable[Object], kind: str) -> list[Object]:
    """Return ``conditions`` without that of this type."""
    return [each for each in conditions if each.get("type") != kind]
