"""What a client has seen, so that it never reads an older state."""

from kactors.client.resources import GroupVersionResource

__all__ = ["Revisions"]


class Revisions:
    """The highest revision seen of each resource; 0 if none was."""

    def __init__(self) -> None:
        self._seen: dict[GroupVersionResource, int] = {}

    def seen(self, resource: GroupVersionResource) -> int:
        """Return the highest revision seen."""
        return self._seen.get(resource, 0)

    def see(self, resource: GroupVersionResource, revision: int) -> None:
        """Note a revision."""
        if revision > self._seen.get(resource, 0):
            self._seen[resource] = revision

    def see_latest(self, resource: GroupVersionResource, revision: int, *, asked_at: int) -> None:
        """Note the revision of a most recent state, which may be the end of a past.

        Args:
            resource: which.
            revision: of the answer.
            asked_at: what had been seen when it was asked for. If even the most recent state is
                older than that, the store was set back, as an operator does with a backup; to
                insist on the past would be to wait for ever.
        """
        if revision < asked_at:
            self._seen[resource] = revision
        else:
            self.see(resource, revision)
