"""What a client has seen."""

from kactors.client.resources import find_resource
from kactors.client.revisions import Revisions

PODS, NODES = find_resource("pods"), find_resource("nodes")


def test_the_highest_revision_of_each_resource_is_remembered() -> None:
    """An older answer that comes late changes nothing."""
    revisions = Revisions()

    revisions.see(PODS, 7)
    revisions.see(PODS, 5)
    revisions.see_latest(PODS, 6, asked_at=5)

    assert (revisions.seen(PODS), revisions.seen(NODES)) == (7, 0)


def test_a_latest_state_that_is_older_than_what_was_known_is_a_new_beginning() -> None:
    """It was asked for after the other was seen, so the store was set back."""
    revisions = Revisions()

    revisions.see(PODS, 7)
    revisions.see_latest(PODS, 3, asked_at=7)

    assert revisions.seen(PODS) == 3
