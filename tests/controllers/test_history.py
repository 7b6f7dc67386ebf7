"""Tests of old templates."""

from kactors.api.meta import name_of
from kactors.api.objects import Object, replaced
from kactors.client.rest import Client
from kactors.controllers.history import (
    REVISIONS,
    History,
    new_revision,
    revision_hash,
    superfluous,
    sync_history,
    template_of,
)
from tests.controllers.cluster import ControlPlane
from tests.controllers.objects import template
from tests.controllers.statefulset.test_decisions import stateful_set


def test_a_revision_keeps_a_template() -> None:
    """What was put in comes out, under a name that is made of it."""
    owner = stateful_set()
    revision = new_revision(owner, 7)
    assert template_of(revision) == owner["spec"]["template"]
    assert name_of(revision) == f"db-{revision_hash(revision)}"
    assert revision["revision"] == 7
    assert name_of(new_revision(owner, 8)) == name_of(revision)
    assert name_of(new_revision(owner, 7, 1)) != name_of(revision)


def test_going_back_renumbers() -> None:
    """Each template has one revision; the one in use has the highest number."""
    owner = stateful_set(image="a")

    with ControlPlane() as plane:
        existing: list[Object] = []

        def sync(image: str) -> History:
            wanted = replaced(owner, template(image), "spec", "template")

            async def work(client: Client) -> History:
                return await sync_history(client.resource(REVISIONS), wanted, existing)

            found = plane.call(work)
            existing[:] = found.all
            return found

        first, second, again = sync("a"), sync("b"), sync("a")
        assert sync("a") == again

    assert [each["revision"] for each in (first.update, second.update, again.update)] == [1, 2, 3]
    assert name_of(first.update) == name_of(again.update)
    assert [each["revision"] for each in again.all] == [2, 3]
    assert again.find(name_of(second.update)) is not None
    assert again.find("another") is None


def test_what_is_forgotten() -> None:
    """The oldest that nothing uses, beyond the limit."""
    revisions = [new_revision(stateful_set(image=str(number)), number) for number in range(5)]
    live = {name_of(revisions[0]), name_of(revisions[4])}
    assert superfluous(revisions, live, 1) == revisions[1:3]
    assert superfluous(revisions, live, None) == []
