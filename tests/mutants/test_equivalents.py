"""Published bugs that are none in our code: planted, they survive the same storms as real code.

Surviving proves nothing by itself; ``docs/mutants.md`` has the arguments, and these tests notice
when the code changes so that an argument does not hold any more.
"""

import pytest

from kactors.testing.mutants import Edit, edited
from kactors.testing.mutants.corpus import load_corpus
from kactors.testing.raft import Fault, Kind, Knobs, Schedule, Target, hunt, survives

TIMER = Edit(
    "kactors.raft.election",
    "on_request_vote",
    "raft.vote = sender\n        raft.elapsed = 0",
    "raft.vote = sender\n    raft.elapsed = 0",
)
COMMIT = Edit(
    "kactors.raft.replication",
    "on_append_entries",
    "min(message.leader_commit, last_new_index)",
    "min(message.leader_commit, log.last_index)",
)
ACKNOWLEDGE = Edit(
    "kactors.raft.replication",
    "on_append_entries",
    "acknowledge(raft, sender, last_new_index)",
    "acknowledge(raft, sender, log.last_index)",
)


@pytest.mark.parametrize("edit", [TIMER, COMMIT, ACKNOWLEDGE], ids=["row 21", "row 14", "row 15"])
def test_what_is_equivalent_survives(edit: Edit) -> None:
    """Storms with their calms find nothing."""
    with edited(edit)():
        result = hunt(21, range(16))

    assert result.found is None, result.found


def test_a_refused_candidate_cannot_keep_the_others_waiting() -> None:
    """Row 21: a member that may not win campaigns again and again, and the others still elect."""
    stubborn = Schedule(
        knobs=Knobs(members=3, pre_vote=False, check_quorum=False, load_ms=50),
        faults=(
            Fault(Kind.ISOLATE, Target.MOST_BEHIND, span_ms=20_000),
            Fault(Kind.POWER_LOSS, Target.LEADER, after_ms=19_900, span_ms=4000),
        ),
    )

    with edited(TIMER)():
        outcome = survives(stubborn)

    assert outcome.terms > 3


def test_every_row_is_planted_or_explained() -> None:
    """Fifty-two rows are known; three of them are not in the corpus, and the document says why."""
    rows = {mutant.number for mutant in load_corpus("tests.mutants").mutants}

    assert set(range(1, 53)) - rows == {21, 51, 52}
