"""The steps that every write goes through, whatever the kind, with the kind's strategy in between.

A create is: `fill_namespace`, the strategy's ``default``, mutating admission, `fill_name` and
`fill_system_fields`, `before_create`, validating admission. An update is: ``default``, mutating
admission, `before_update`, validating admission.

Source: kubernetes staging/src/k8s.io/apiserver/pkg/registry/rest/{create,update,meta}.go.
"""

from collections.abc import Callable

from kactors.api.errors import BadRequest, Invalid
from kactors.api.field_errors import FieldError
from kactors.api.meta import name_of
from kactors.api.names import generate_name
from kactors.api.objects import Object
from kactors.api.resource import Resource
from kactors.api.times import format_time

__all__ = ["before_create", "before_update", "fill_name", "fill_namespace", "fill_system_fields"]

_OF_THE_SYSTEM = ("uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds",
                  "selfLink", "generation")  # fmt: skip
_KEPT_ON_UPDATE = ("deletionTimestamp", "deletionGracePeriodSeconds")


def fill_namespace(resource: Resource, obj: Object, namespace: str) -> None:
    """Give an object the namespace of the request, and none if its kind has none.

    Raises:
        BadRequest: it is in another one.
    """
    meta = obj.setdefault("metadata", {})
    if not resource.namespaced:
        meta.pop("namespace", None)
        return
    found = meta.get("namespace") or namespace
    if found != namespace:
        raise BadRequest(
            "the namespace of the provided object does not match the namespace sent on the request"
        )
    meta["namespace"] = namespace


def fill_name(obj: Object, draw: Callable[[int], int]) -> bool:
    """Give an object with a ``generateName``, and no name, a name; tell whether that was so.

    Args:
        obj: the caller's own.
        draw: returns a random number from 0 to below its argument.
    """
    meta = obj.setdefault("metadata", {})
    if meta.get("name") or not meta.get("generateName"):
        return False
    meta["name"] = generate_name(meta["generateName"], draw)
    return True


def fill_system_fields(obj: Object, *, uid: str, now_ns: int) -> None:
    """Set what only the server sets, and drop what a client may have put in its place."""
    meta = obj.setdefault("metadata", {})
    for name in (*_OF_THE_SYSTEM, "resourceVersion"):
        meta.pop(name, None)
    meta["uid"] = uid
    meta["creationTimestamp"] = format_time(now_ns)


def before_create(resource: Resource, obj: Object) -> list[str]:
    """Make ``obj``, which must be the caller's own, ready to be stored; return the warnings.

    Raises:
        Invalid: it breaks the rules of its kind.
    """
    resource.strategy.prepare_for_create(obj)
    _refuse(resource, obj, resource.strategy.validate(obj))
    return resource.strategy.warnings(obj)


def before_update(resource: Resource, new: Object, old: Object, *, status: bool = False) -> None:
    """Make ``new``, which must be the caller's own, ready to be stored in place of ``old``.

    Args:
        resource: of both.
        new: what is to be.
        old: what is.
        status: whether the update is one of the ``status`` subresource.

    Raises:
        Invalid: the change breaks the rules of its kind.
    """
    strategy = resource.strategy
    after, before = new.setdefault("metadata", {}), old.get("metadata") or {}
    _take(after, before, "generation")
    if status:
        strategy.prepare_for_status_update(new, old)
    else:
        strategy.prepare_for_update(new, old)
    if not after.get("uid"):
        _take(after, before, "uid")
    _take(after, before, "creationTimestamp")
    for name in _KEPT_ON_UPDATE:
        _take(after, before, name)
    if status:
        errors = strategy.validate_status_update(new, old)
    else:
        errors = strategy.validate_update(new, old)
    _refuse(resource, new, errors)


def _take(after: Object, before: Object, name: str) -> None:
    if name in before:
        after[name] = before[name]
    else:
        after.pop(name, None)


def _refuse(resource: Resource, obj: Object, errors: list[FieldError]) -> None:
    if errors:
        raise Invalid(resource.kind, name_of(obj), errors, group=resource.group)
