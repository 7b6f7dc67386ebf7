"""Bugs of the scheduler and of leader election."""

from pathlib import Path
from typing import Final

from kactors.scenario.planted import Planted
from kactors.testing.mutants import Edit, edited

SCENARIOS: Final = Path(__file__).parent / "scenarios"
ELECTION: Final = "kactors.client.leader_election"

PLANTED: Final = (
    Planted(
        id="k8s#137308",
        mechanism="A standby that takes over has not seen the last bindings of its predecessor, "
        "and gives away what is taken.",
        breaks="over-commit: a node is over-committed",
        scenario=SCENARIOS / "full_nodes.py",
        apply=edited(
            Edit(
                "kactors.scheduler.scheduler",
                "Scheduler._changed",
                "now_ns = current_time_ns()\n",
                "now_ns = current_time_ns()\n"
                "    bound = new is not None and 'nodeName' in new['spec']\n"
                "    if kind == 'pods' and bound and not self.leading: return\n",
            )
        ),
    ),
    Planted(
        id="k8s#56261",
        mechanism="The scheduler does not learn that a node is gone, and goes on giving it pods.",
        breaks="goal: all is up elsewhere",
        scenario=SCENARIOS / "node_removed.py",
        apply=edited(
            Edit(
                "kactors.scheduler.scheduler",
                "_Handler.on_delete",
                "del final_state_unknown\n",
                "del final_state_unknown\n    if self.kind == 'nodes': return\n",
            )
        ),
    ),
    Planted(
        id="k8s#125761",
        mechanism="Whether a lease has expired is judged by the wall clock and the time that its "
        "holder wrote: a clock that is set forward makes a standby lead, too.",
        breaks="goal: nothing has two leaders",
        scenario=SCENARIOS / "who_leads.py",
        apply=edited(
            Edit(
                ELECTION,
                "LeaderElector._write",
                "if current_time() < self._observed_at + duration:",
                "from kactors.api.meta import parse_time\n"
                "        renewed = parse_time(found['spec']['renewTime'])\n"
                "        if current_host().clock.wall_ns() < renewed + duration * 1_000_000_000:",
            )
        ),
    ),
    Planted(
        id="k8s#23731",
        mechanism="A leader that cannot renew its lease is never told that it leads no more.",
        breaks="goal: nothing has two leaders",
        scenario=SCENARIOS / "who_leads.py",
        apply=edited(
            Edit(
                ELECTION,
                "LeaderElector._serve_term",
                "cancel_scope(deadline=self._until)",
                "cancel_scope()",
            ),
            Edit(
                ELECTION,
                "LeaderElector._try_acquire_or_renew",
                "if self._term is not None:",
                "if False:",
            ),
            Edit(ELECTION, "LeaderElector._end_term", "if self._term is not None:", "if False:"),
        ),
    ),
)
