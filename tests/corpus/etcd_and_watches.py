"""Bugs of etcd and of the path from it to those who watch."""

from pathlib import Path
from typing import Final

from kactors.scenario.planted import Planted
from kactors.testing.mutants import Edit, edited

SCENARIOS: Final = Path(__file__).parent / "scenarios"

PLANTED: Final = (
    Planted(
        id="etcd#14370",
        mechanism="A member answers before what it wrote is durable; a loss of power takes it "
        "back, and the revisions are given away a second time.",
        breaks="store agreement: members disagree",
        scenario=SCENARIOS / "power_loss.py",
        apply=edited(
            Edit(
                "kactors.etcd.member_storage",
                "MemberStorage.write",
                "if must_sync:",
                "if installed:",
            )
        ),
    ),
    Planted(
        id="etcd#17529",
        mechanism="A watcher that is behind when compaction passes it goes on after the gap, "
        "instead of being told that there is one.",
        breaks="watch caches: a watch cache differs from what happened",
        scenario=SCENARIOS / "held_watch.py",
        apply=edited(
            Edit(
                "kactors.etcd.watchers",
                "Watcher.poll",
                "return self._compacted(mvcc.compacted)",
                "self.next_revision = mvcc.compacted + 1; return None",
            )
        ),
    ),
    Planted(
        id="etcd#20418",
        mechanism="An answer to a question for the read index is taken for more than it says: "
        "a member reads before it has applied what was acknowledged.",
        breaks="linearizability: the history of the API is not linearizable",
        scenario=SCENARIOS / "late_member.py",
        apply=edited(
            Edit("kactors.etcd.reads", "Reads.release", "if index > applied_index:", "if False:")
        ),
    ),
    Planted(
        id="k8s#55587",
        mechanism="A deletion that nobody saw because the watch was broken is not made up for by "
        "the new list: the object stays in the copy for good.",
        breaks="informers: an informer differs for good",
        scenario=SCENARIOS / "missed_deletion.py",
        apply=edited(
            Edit(
                "kactors.client.informer",
                "SharedInformer.replace",
                "if key not in found:",
                "if not found:",
            )
        ),
    ),
)
