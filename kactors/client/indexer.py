"""Objects by key, and by whatever else they are looked for.

Source: client-go ``tools/cache/store.go``, ``index.go``, ``thread_safe_store.go``.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

from kactors.api.meta import namespace_of, owner_of_controller
from kactors.api.objects import Object, field

__all__ = [
    "BY_CONTROLLER",
    "BY_NAMESPACE",
    "BY_NODE",
    "IndexFunction",
    "Indexer",
    "index_by_controller",
    "index_by_namespace",
    "index_by_node",
]

IndexFunction = Callable[[Object], Iterable[str]]
"""Returns the values under which an object is to be found; reads nothing but the object."""

BY_NAMESPACE: Final = "namespace"
BY_NODE: Final = "node"
BY_CONTROLLER: Final = "controller"


def index_by_namespace(obj: Object) -> tuple[str, ...]:
    """Return the namespace."""
    return (namespace_of(obj),)


def index_by_node(obj: Object) -> tuple[str, ...]:
    """Return the node that a pod is bound to, if it is."""
    node = field(obj, "spec", "nodeName", default="")
    return (node,) if node else ()


def index_by_controller(obj: Object) -> tuple[str, ...]:
    """Return the uid of the object's controller; empty text if it has none: it is an orphan."""
    owner = owner_of_controller(obj)
    return ("" if owner is None else owner["uid"],)


class Indexer:
    """A store of objects with named indexes; objects come back in the order of their arrival.

    Args:
        indexes: the function of each index, by its name; more can be added later.
    """

    def __init__(self, indexes: Mapping[str, IndexFunction] | None = None) -> None:
        self._objects: dict[str, Object] = {}
        self._functions: dict[str, IndexFunction] = {}
        # index name -> value -> keys; and what each key was found under, to take it away again.
        self._keys: dict[str, dict[str, dict[str, None]]] = {}
        self._values: dict[str, dict[str, tuple[str, ...]]] = {}
        for name, function in (indexes or {}).items():
            self.add_index(name, function)

    def __len__(self) -> int:
        return len(self._objects)

    def __contains__(self, key: str) -> bool:
        return key in self._objects

    def __iter__(self) -> Iterator[str]:
        """Iterate over the keys as they are now, whatever happens meanwhile."""
        return iter(tuple(self._objects))

    def add_index(self, name: str, function: IndexFunction) -> None:
        """Keep one more index, of what is there already, too.

        Raises:
            ValueError: another function has that name.
        """
        known = self._functions.setdefault(name, function)
        if known is not function:
            raise ValueError(f"an index {name!r} is kept already: choose another name")
        if name not in self._keys:
            self._keys[name] = {}
            self._values[name] = {}
            for key, obj in self._objects.items():
                self._enter(name, key, obj)

    def put(self, key: str, obj: Object) -> Object | None:
        """Store an object; return the one that was there before."""
        before = self._objects.get(key)
        self._objects[key] = obj
        for name in self._functions:
            self._enter(name, key, obj)
        return before

    def remove(self, key: str) -> Object | None:
        """Drop an object; return it if it was there."""
        before = self._objects.pop(key, None)
        if before is not None:
            for name in self._functions:
                self._leave(name, key)
        return before

    def get(self, key: str) -> Object | None:
        """Return an object, not to be changed; ``None`` if there is none."""
        return self._objects.get(key)

    def list(self) -> tuple[Object, ...]:
        """Return all objects, not to be changed."""
        return tuple(self._objects.values())

    def by_index(self, name: str, value: str) -> tuple[Object, ...]:
        """Return the objects that index ``name`` finds under ``value``, not to be changed.

        Raises:
            KeyError: no such index is kept.
        """
        objects = self._objects
        return tuple([objects[key] for key in self._keys[name].get(value, ())])

    def index_keys(self, name: str, value: str) -> tuple[str, ...]:
        """Return the keys that index ``name`` finds under ``value``. Raises: as `by_index`."""
        return tuple(self._keys[name].get(value, ()))

    def index_values(self, name: str) -> tuple[str, ...]:
        """Return the values under which index ``name`` finds anything. Raises: as `by_index`."""
        return tuple(self._keys[name])

    def _enter(self, name: str, key: str, obj: Object) -> None:
        values = tuple(self._functions[name](obj))
        if self._values[name].get(key) == values:
            return
        self._leave(name, key)
        self._values[name][key] = values
        keys = self._keys[name]
        for value in values:
            keys.setdefault(value, {})[key] = None

    def _leave(self, name: str, key: str) -> None:
        keys = self._keys[name]
        for value in self._values[name].pop(key, ()):
            found = keys.get(value)
            if found is not None:
                found.pop(key, None)
                if not found:
                    del keys[value]
