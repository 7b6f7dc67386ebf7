"""Bugs of controllers."""

from pathlib import Path
from typing import Final

from kactors.scenario.planted import Planted
from kactors.testing.mutants import Edit, edited

SCENARIOS: Final = Path(__file__).parent / "scenarios"
COLLECTOR: Final = "kactors.controllers.garbage_collector.controller"

PLANTED: Final = (
    Planted(
        id="k8s#24597",
        mechanism="When the masters are cut off from all nodes, all nodes are taken for lost, and "
        "their pods are evicted.",
        breaks="goal: nobody is evicted",
        scenario=SCENARIOS / "masters_unheard.py",
        apply=edited(
            Edit(
                "kactors.controllers.node_lifecycle.zones",
                "_all_full",
                "return bool(states) and all",
                "return False and all",
            )
        ),
    ),
    Planted(
        id="k8s#61832",
        mechanism="A pod of a StatefulSet on a node that is cut off is removed by force, and made "
        "anew elsewhere while it still writes.",
        breaks="one identity: two pods of one identity",
        scenario=SCENARIOS / "writer_cut_off.py",
        apply=edited(
            Edit(
                "kactors.controllers.taint_eviction",
                "TaintEvictionController._evict",
                '{"preconditions": {"uid": uid_of(pod)}}',
                '{"preconditions": {"uid": uid_of(pod)}, "gracePeriodSeconds": 0}',
            )
        ),
    ),
    Planted(
        id="k8s#88097",
        mechanism="An owner that is not in the collector's graph yet is taken for gone, and what "
        "it owns is deleted.",
        breaks="garbage collection: the collector deletes what is owned",
        scenario=SCENARIOS / "owners_unseen.py",
        apply=edited(
            Edit(
                COLLECTOR,
                "GarbageCollector._state_of",
                "if known is None or known.identity != identity:",
                "if known is None: return OwnerState.ABSENT\n    if known.identity != identity:",
            ),
            Edit(
                "kactors.client.controller",
                "Controller._run",
                "await informer.wait_for_sync()",
                "if self.component != 'garbage-collector-controller': "
                "await informer.wait_for_sync()",
            ),
        ),
    ),
    Planted(
        id="k8s#109748",
        mechanism="What lost its owner while the collector was down is not looked at when it "
        "starts: it is left for good.",
        breaks="garbage collection: an orphan is left",
        scenario=SCENARIOS / "collector_down.py",
        apply=edited(
            Edit(
                COLLECTOR,
                "_Grow.on_add",
                "del is_in_initial_list\n    self._add(self.graph.put(obj))",
                "found = self.graph.put(obj)\n    if not is_in_initial_list: self._add(found)",
            ),
        ),
    ),
    Planted(
        id="KEP-2307",
        mechanism="A pod that is noted as uncounted is counted at once, and once more when its "
        "finalizer is gone, if the two are not seen together.",
        breaks="job completions: ",
        scenario=SCENARIOS / "counting.py",
        apply=edited(
            Edit(
                "kactors.controllers.job.tracking",
                "account",
                "- sum(uid in succeeded for uid in noted_succeeded)",
                "",
            ),
        ),
    ),
    Planted(
        id="k8s#95432",
        mechanism="A node whose taints go is not looked at by the daemon set controller: its "
        "daemon is never put there.",
        breaks="end state: the end differs from that without faults",
        scenario=SCENARIOS / "daemons.py",
        reference=True,
        apply=edited(
            Edit(
                "kactors.controllers.daemonset.controller",
                "DaemonSetController._if_moved",
                'or field(old, "spec") != field(new, "spec")',
                "",
            )
        ),
    ),
)
