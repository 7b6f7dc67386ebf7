"""Store agreement: members apply one history."""

from kactors.etcd.messages.kv import Put
from kactors.etcd.store import Store
from kactors.scenario.oracles.store import StoreAgreement
from tests.scenario.oracles.stage import Stage, pod


def test_members_that_agree_are_left_alone() -> None:
    """Another member, and a new life of the first, that hold the same."""
    stage = Stage(StoreAgreement)
    stage.write(pod("a"), pod("b"))
    for member in ("m2", "m1"):
        stage.truth.follow(member, stage.store)

    stage.oracle.finish(converged=True)

    assert stage.findings == []


def test_another_value_at_a_revision_is_objected_to() -> None:
    """Whoever applies second and differs contradicts the first."""
    stage = Stage(StoreAgreement)
    stage.write(pod("a"))
    other = Store()
    other.apply(1, 1, Put(b"/registry/pods/default/a", b"\x80"))

    stage.truth.follow("m2", other)
    stage.oracle.look()

    assert stage.signatures == ["members disagree"]
    assert "m2" in stage.findings[0].text
