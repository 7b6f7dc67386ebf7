"""Tests of adoption and release."""

from kactors.api.labels import LabelSelector
from kactors.api.meta import name_of
from kactors.api.objects import Object
from kactors.controllers.claims import Claims, adoption_patch, claim, release_patch
from tests.controllers.objects import pod, replica_set

SELECTOR = LabelSelector.from_labels({"app": "web"})
OWNER = replica_set("web", uid="owner")
WEB = {"app": "web"}


def names(claims: Claims) -> tuple[list[str], list[str], list[str]]:
    """Return the names of what is owned, adopted and released."""
    return tuple([name_of(each) for each in part]  # type: ignore[return-value]
                 for part in (claims.owned, claims.adopt, claims.release))  # fmt: skip


def objects() -> list[Object]:
    """Return one pod of each sort."""
    return [
        pod("mine", owner=OWNER, labels=WEB),
        pod("estranged", owner=OWNER, labels={"app": "other"}),
        pod("orphan", labels=WEB),
        pod("leaving", labels=WEB, deleted=True),
        pod("stranger", labels={"app": "other"}),
        pod("taken", owner=replica_set("other", uid="other"), labels=WEB),
    ]


def test_what_belongs_to_whom() -> None:
    """Orphans that match are adopted, own ones that do not are released, others' are left alone."""
    assert names(claim(OWNER, SELECTOR, objects())) == (["mine"], ["orphan"], ["estranged"])


def test_who_leaves_takes_nothing() -> None:
    """An owner that is being deleted adopts and releases nothing."""
    leaving = replica_set("web", uid="owner", deleted=True)
    assert names(claim(leaving, SELECTOR, objects())) == (["mine"], [], [])


def test_a_further_condition() -> None:
    """Labels may not be enough."""
    found = claim(OWNER, SELECTOR, objects(), also=lambda each: name_of(each) == "orphan")
    assert names(found) == ([], ["orphan"], ["mine", "estranged"])


def test_patches() -> None:
    """Patches are for one version of one object, and keep other owners."""
    orphan = pod("orphan", uid="x")
    adopted = adoption_patch(orphan, OWNER)["metadata"]
    assert (adopted["uid"], adopted["resourceVersion"]) == ("x", "1")
    assert [each["uid"] for each in adopted["ownerReferences"]] == ["owner"]
    assert adopted["ownerReferences"][0]["controller"] is True
    mine = pod("mine", owner=OWNER)
    assert release_patch(mine, OWNER)["metadata"]["ownerReferences"] is None
