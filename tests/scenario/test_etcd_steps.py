"""What an administrator can do to the members of etcd."""

import attrs

from kactors.scenario import (
    AddMember,
    ApiAnswers,
    ApiClients,
    At,
    Bounce,
    EtcdStep,
    Eventually,
    FaultPlan,
    For,
    LoseDisk,
    PromoteMember,
    RemoveMember,
    Scenario,
    Topology,
)
from kactors.scenario.run import run

#: One master's disk is lost, its member replaced, and then another master goes.
REPLACED = Scenario(
    name="replaced",
    topology=Topology.of(3, 1, dns_replicas=0),
    api_clients=ApiClients(1),
    faults=FaultPlan(
        (LoseDisk("m2", start=At(2), end=For(13)), Bounce("m1", start=At(30), end=For(20)))
    ),
    script=(
        RemoveMember("m2", at_s=5),
        AddMember("m2", at_s=8),
        PromoteMember("m2", at_s=16),
    ),
    goals=(Eventually("writes go on", ApiAnswers(2, writes=True), after=36, within=12),),
    chaos_s=52,
    converge_s=60,
)


def without(*kinds: type[EtcdStep]) -> Scenario:
    """Return the scenario without these steps."""
    return attrs.evolve(
        REPLACED, script=[step for step in REPLACED.script if not isinstance(step, kinds)]
    )


def test_a_replaced_member_votes() -> None:
    """Removed, added anew under its old name, and promoted, it makes a majority with another."""
    outcome, _ = run(REPLACED, 3)

    assert outcome.verdict == "held", outcome.violations
    assert [step.done for step in outcome.timeline.steps] == [True, True, True]


def test_who_is_not_promoted_does_not_vote() -> None:
    """A learner and a member are no majority of two: nothing is written."""
    outcome, _ = run(without(PromoteMember), 3)

    assert outcome.signature == "goal: writes go on"


def test_who_lost_its_disk_and_is_not_replaced_does_not_vote() -> None:
    """It is back under its old name, and others must do without it."""
    outcome, _ = run(without(RemoveMember, AddMember, PromoteMember), 3)

    assert outcome.signature == "goal: writes go on"


def test_steps_may_be_repeated() -> None:
    """Who is gone need not be removed, who is there not be added, who votes not be promoted."""
    remove, add, promote = REPLACED.script
    twice = attrs.evolve(
        REPLACED,
        script=(
            remove,
            attrs.evolve(remove, at_s=6),
            add,
            attrs.evolve(add, at_s=9),
            promote,
            attrs.evolve(promote, at_s=25),
        ),
    )
    outcome, _ = run(twice, 3)

    assert outcome.verdict == "held", outcome.violations
    assert all(step.done for step in outcome.timeline.steps)


def test_who_is_no_member_cannot_be_promoted() -> None:
    """It is tried until patience ends, and said why."""
    hasty = attrs.evolve(
        REPLACED, script=(RemoveMember("m2", at_s=1), PromoteMember("m2", at_s=3, patience_s=5))
    )
    outcome, _ = run(hasty, 3)

    (promotion,) = [step for step in outcome.timeline.steps if "Promote" in step.step]
    assert not promotion.done
    assert "not found" in promotion.problem
