"""How reconcilers read what an informer keeps: by name, by namespace, by labels."""

import attrs

from kactors.api.labels import LabelSelector
from kactors.api.meta import labels_of
from kactors.api.objects import Object
from kactors.client.indexer import BY_CONTROLLER, BY_NAMESPACE, Indexer

__all__ = ["Lister"]


@attrs.frozen
class Lister:
    """Reads an informer's store; nothing waits, nothing may be changed.

    Source: client-go ``tools/cache/listers.go``.
    """

    indexer: Indexer

    def get(self, name: str, namespace: str = "") -> Object | None:
        """Return an object; ``None`` if there is none."""
        return self.indexer.get(f"{namespace}/{name}" if namespace else name)

    def get_by_key(self, key: str) -> Object | None:
        """Return the object of a work queue's key; ``None`` if there is none."""
        return self.indexer.get(key)

    def list(
        self, namespace: str = "", selector: LabelSelector | None = None
    ) -> tuple[Object, ...]:
        """Return the objects of a namespace, or of all, that a selector matches, or all."""
        indexer = self.indexer
        found = indexer.by_index(BY_NAMESPACE, namespace) if namespace else indexer.list()
        if selector is None or selector.everything:
            return found
        return tuple([obj for obj in found if selector.matches(labels_of(obj))])

    def controlled_by(self, uid: str) -> tuple[Object, ...]:
        """Return the objects whose controller has this uid; of orphans it is empty."""
        return self.indexer.by_index(BY_CONTROLLER, uid)
