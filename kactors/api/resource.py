"""One entry of the registry: a resource, and all that follows from its kind.

Source: kubernetes staging/src/k8s.io/apimachinery/pkg/apis/meta/v1/types.go (APIResource),
pkg/registry/*/*/storage.
"""

from collections.abc import Mapping
from typing import Any

import attrs

from kactors.api.errors import qualified
from kactors.api.fields import Getter
from kactors.api.meta import name_of, namespace_of
from kactors.api.objects import Object
from kactors.api.strategy import Strategy

__all__ = ["VERBS", "Resource", "Subresource", "text_at"]

VERBS = ("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch")


def text_at(*path: str, absent: str = "") -> Getter:
    """Return a reader of the field at ``path``, as the text that field selectors compare."""

    def get(obj: Object) -> str:
        value: Any = obj
        for name in path:
            value = value.get(name) if isinstance(value, dict) else None
        if value is None:
            return absent
        if isinstance(value, bool):
            return "true" if value else "false"
        return str(value)

    return get


_COMMON_FIELDS: dict[str, Getter] = {
    "metadata.name": name_of,
    "metadata.namespace": namespace_of,
}


def _with_common(fields: Mapping[str, Getter]) -> dict[str, Getter]:
    return {**_COMMON_FIELDS, **fields}


@attrs.frozen
class Subresource:
    """A part or an action of a resource, with a URL of its own.

    Attributes:
        name: ``status``, ``scale``, ``binding`` and so on.
        kind: of its objects; empty means the resource's own.
        group, version: of that kind, if it is not the resource's own.
        verbs: what can be done.
    """

    name: str
    kind: str = ""
    group: str = ""
    version: str = ""
    verbs: tuple[str, ...] = ("get", "patch", "update")


@attrs.frozen(eq=False)
class Resource:
    """One resource.

    Attributes:
        kind: for instance ``Deployment``.
        group, version: ``apps``, ``v1``; the core group is empty.
        plural: the name in URLs, ``deployments``.
        strategy: the rules of the kind.
        short_names, categories: what a person may say instead, and the sets it belongs to.
        subresources: apart from the resource itself.
        field_labels: what field selectors may compare, and how it is read.
        storage_prefix: the directory below ``/registry`` under which objects are stored.
        verbs: what can be done.
        schema: the name of its type in the extract of upstream's OpenAPI.
    """

    kind: str
    group: str
    version: str
    plural: str
    strategy: Strategy
    short_names: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    subresources: tuple[Subresource, ...] = ()
    field_labels: Mapping[str, Getter] = attrs.field(factory=dict, converter=_with_common)
    storage_prefix: str = attrs.field()
    verbs: tuple[str, ...] = VERBS
    schema: str = attrs.field()

    @storage_prefix.default
    def _default_storage_prefix(self) -> str:
        return self.plural

    @schema.default
    def _default_schema(self) -> str:
        return f"{self.group.partition('.')[0] or 'core'}.{self.version}.{self.kind}"

    @property
    def api_version(self) -> str:
        """Group and version as objects say them: ``apps/v1``, ``v1``."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def singular(self) -> str:
        """The name of one, in lower case."""
        return self.kind.lower()

    @property
    def list_kind(self) -> str:
        """The kind of a list."""
        return f"{self.kind}List"

    @property
    def namespaced(self) -> bool:
        """Whether objects are in namespaces."""
        return self.strategy.namespaced

    @property
    def qualified_name(self) -> str:
        """The resource with its group, as errors and RBAC name it: ``deployments.apps``."""
        return qualified(self.plural, self.group)

    def subresource(self, name: str) -> Subresource | None:
        """Return the subresource of this name; ``None`` if there is none."""
        return next((each for each in self.subresources if each.name == name), None)

    def fields_of(self, obj: Object) -> dict[str, str]:
        """Return all that field selectors may compare."""
        return {label: get(obj) for label, get in self.field_labels.items()}
