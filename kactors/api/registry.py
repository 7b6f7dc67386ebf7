"""The registry: every resource there is, found by group, version and name, or by kind.

A further kind is one more entry in `kactors.api.kinds`.
"""

from collections.abc import Iterable, Iterator

from kactors.api.errors import UnknownKind
from kactors.api.kinds import ALL
from kactors.api.objects import Object
from kactors.api.resource import Resource, Subresource

__all__ = ["REGISTRY", "Registry", "Resource", "Subresource"]


class Registry:
    """Resources, in the order in which they were given."""

    def __init__(self, resources: Iterable[Resource]) -> None:
        self._by_path: dict[tuple[str, str, str], Resource] = {}
        self._by_kind: dict[tuple[str, str], Resource] = {}
        self._by_word: dict[str, Resource] = {}
        for resource in resources:
            self._add(resource)

    def _add(self, resource: Resource) -> None:
        path = (resource.group, resource.version, resource.plural)
        kind = (resource.api_version, resource.kind)
        assert path not in self._by_path, f"{path} was entered twice"
        assert kind not in self._by_kind, f"{kind} was entered twice"
        self._by_path[path] = resource
        self._by_kind[kind] = resource
        words = (resource.plural, resource.singular, *resource.short_names, resource.qualified_name)
        for word in words:
            self._by_word.setdefault(word, resource)

    def __iter__(self) -> Iterator[Resource]:
        return iter(self._by_path.values())

    def __len__(self) -> int:
        return len(self._by_path)

    def find(self, group: str, version: str, resource: str) -> Resource | None:
        """Return the resource at a path, such as ``apps``, ``v1``, ``deployments``."""
        return self._by_path.get((group, version, resource))

    def get(self, group: str, version: str, resource: str) -> Resource:
        """Return the resource at a path.

        Raises:
            UnknownKind: there is none.
        """
        found = self._by_path.get((group, version, resource))
        if found is None:
            raise UnknownKind(f"the resource {resource!r} of group {group!r}, version {version!r}")
        return found

    def find_kind(self, api_version: str, kind: str) -> Resource | None:
        """Return the resource of a kind, such as ``apps/v1``, ``Deployment``."""
        return self._by_kind.get((api_version, kind))

    def of_kind(self, api_version: str, kind: str) -> Resource:
        """Return the resource of a kind.

        Raises:
            UnknownKind: there is none.
        """
        found = self._by_kind.get((api_version, kind))
        if found is None:
            raise UnknownKind(f"the kind {kind!r} of {api_version!r}")
        return found

    def of_object(self, obj: Object) -> Resource:
        """Return the resource of an object, which must say its kind and version.

        Raises:
            UnknownKind: there is none.
        """
        return self.of_kind(obj.get("apiVersion") or "", obj.get("kind") or "")

    def by_name(self, word: str) -> Resource:
        """Return what a person means by ``deployments``, ``Deployment``, ``deploy``, ...

        Raises:
            UnknownKind: nothing is called so.
        """
        found = self._by_word.get(word.lower())
        if found is None:
            raise UnknownKind(f"something called {word!r}")
        return found

    def in_category(self, category: str) -> tuple[Resource, ...]:
        """Return the resources of a category, such as ``all``."""
        return tuple(each for each in self if category in each.categories)


REGISTRY = Registry(ALL)
