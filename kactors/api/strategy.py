"""What is particular to a kind when objects are created, changed and deleted.

A `Strategy` holds the rules of one kind, in upstream's shape. The order of a write is that of
upstream's store: `Strategy.default`, `Strategy.prepare_for_create` (or ``_update``), admission,
`Strategy.validate` (or ``_update``); `kactors.api.rest` calls them.

Methods named ``default`` and ``prepare_*`` fill in the object that they are given: it must be the
caller's own, as one that was just decoded from a request is. The others change nothing.

Source: kubernetes staging/src/k8s.io/apiserver/pkg/registry/rest/{create,update,delete}.go.
"""

from enum import Enum
from typing import ClassVar

from kactors.api.field_errors import FieldError
from kactors.api.names import Faults, is_dns1123_subdomain
from kactors.api.objects import Object, deep_copy
from kactors.api.validation.metadata import (
    validate_conditions,
    validate_object_meta,
    validate_object_meta_update,
)

__all__ = ["GarbageCollection", "Strategy"]


class GarbageCollection(Enum):
    """What happens to an object's dependents when it is deleted and nothing else was said."""

    BACKGROUND = "Background"
    ORPHAN = "Orphan"
    UNSUPPORTED = ""


class Strategy:
    """The rules that most kinds share; each kind's own are in `kactors.api.kinds`.

    Attributes:
        namespaced: whether objects are in namespaces.
        has_status: whether there is a status that only its subresource may write.
        has_generation: whether ``metadata.generation`` counts the changes of the spec.
        allow_create_on_update: whether an update of what is not there creates it.
        allow_unconditional_update: whether an update may leave out the resource version.
        garbage_collection: the default propagation policy.
        spec_fields: the top-level fields whose change is a new generation.
    """

    namespaced: ClassVar[bool] = True
    has_status: ClassVar[bool] = True
    has_generation: ClassVar[bool] = False
    allow_create_on_update: ClassVar[bool] = False
    allow_unconditional_update: ClassVar[bool] = True
    garbage_collection: ClassVar[GarbageCollection] = GarbageCollection.BACKGROUND
    spec_fields: ClassVar[tuple[str, ...]] = ("spec",)

    def validate_name(self, name: str) -> Faults:
        """Tell what is wrong with a name."""
        return is_dns1123_subdomain(name)

    def default(self, obj: Object) -> None:
        """Fill in what a client may leave out."""

    def prepare_for_create(self, obj: Object) -> None:
        """Take out what a client may not set, and start the generation."""
        if self.has_status:
            obj.pop("status", None)
        if self.has_generation:
            obj.setdefault("metadata", {})["generation"] = 1

    def validate(self, obj: Object) -> list[FieldError]:
        """Return what is wrong with a new object, metadata included."""
        return [*self._validate_meta(obj), *self.validate_object(obj)]

    def validate_object(self, obj: Object) -> list[FieldError]:
        """Return what is wrong with an object beside its metadata."""
        del obj
        return []

    def warnings(self, obj: Object) -> list[str]:
        """Return what a person should know about an object that is not wrong."""
        del obj
        return []

    def prepare_for_update(self, new: Object, old: Object) -> None:
        """Restore what an update may not change, and count the generation on."""
        if self.has_status:
            _take(new, old, "status")
        self.count_generation(new, old)

    def count_generation(self, new: Object, old: Object) -> None:
        """Set the generation of ``new``: one more than that of ``old`` if the spec differs."""
        if not self.has_generation:
            return
        before: int = (old.get("metadata") or {}).get("generation") or 0
        changed = any(new.get(name) != old.get(name) for name in self.spec_fields)
        new.setdefault("metadata", {})["generation"] = before + 1 if changed else before

    def validate_update(self, new: Object, old: Object) -> list[FieldError]:
        """Return what is wrong with a change of an object."""
        return [
            *self._validate_meta(new),
            *validate_object_meta_update(new, old),
            *self.validate_object_update(new, old),
        ]

    def validate_object_update(self, new: Object, old: Object) -> list[FieldError]:
        """Return what is wrong with a change beside that of the metadata."""
        del old
        return self.validate_object(new)

    def prepare_for_status_update(self, new: Object, old: Object) -> None:
        """Restore all but status and metadata."""
        for name in {**old, **new}:
            if name not in {"apiVersion", "kind", "metadata", "status"}:
                _take(new, old, name)

    def validate_status_update(self, new: Object, old: Object) -> list[FieldError]:
        """Return what is wrong with a change of the status."""
        return [
            *validate_object_meta_update(new, old),
            *validate_conditions(new, "status.conditions"),
            *self.validate_status(new, old),
        ]

    def validate_status(self, new: Object, old: Object) -> list[FieldError]:
        """Return what is wrong with the status itself, or with its change."""
        del new, old
        return []

    def grace_period(self, obj: Object, asked_s: int | None) -> int | None:
        """Return how long an object may take to finish, in seconds.

        Args:
            obj: what is to be deleted.
            asked_s: ``gracePeriodSeconds`` of the ``DeleteOptions``, if given.

        Returns:
            ``None`` if the kind knows no grace: its objects go at once.
        """
        del obj, asked_s
        return None

    def _validate_meta(self, obj: Object) -> list[FieldError]:
        return validate_object_meta(obj, self.validate_name, namespaced=self.namespaced)


def _take(new: Object, old: Object, name: str) -> None:
    """Put into ``new`` what ``old`` has at ``name``."""
    if name in old:
        new[name] = deep_copy(old[name])
    else:
        new.pop(name, None)
