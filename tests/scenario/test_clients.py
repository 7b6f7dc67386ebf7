"""Clients of the API: what they note is what they were told, and what nobody knows stays open."""

from collections import Counter
from itertools import pairwise

import attrs
import pytest

from kactors.checking.actions import Cas, Get, Put
from kactors.checking.operation import Operation
from kactors.cluster.simulated import SimulatedCluster
from kactors.cluster.topology import Topology
from kactors.scenario import ApiClients, At, Bounce, FaultPlan, For, Hold, Messages, Scenario
from kactors.scenario.clients import ApiLoad
from kactors.scenario.run import run
from kactors.testing.mutants import Edit, edited

#: The cache of the only apiserver is a little late all the time.
BUSY = Scenario(
    name="busy",
    topology=Topology.of(1, 0, dns_replicas=0),
    api_clients=ApiClients(4, keys=2, period_s=0.1),
    faults=FaultPlan((Hold(Messages("etcd.watch*"), start=At(3), end=For(1.5)),)),
    chaos_s=8,
    converge_s=60,
)
SIGNATURE = "linearizability: the history of the API is not linearizable"


def histories(clients: ApiClients, seconds: float, *, cut_s: float = 0.0) -> list[Operation]:
    """Return what clients note in so many seconds; the master is gone for the last ``cut_s``."""
    noted: list[Operation] = []
    with SimulatedCluster(Topology.of(1, 0, dns_replicas=0), 5) as cluster:
        cluster.wait_until_ready()
        load = ApiLoad(cluster, clients, 5, noted)
        load.start()
        cluster.world.run_for(seconds - cut_s)
        if cut_s:
            cluster.world.hosts["m1"].machine.crash()
            cluster.world.run_for(cut_s)
        load.stop()
        stopped_ns = cluster.world.simulation.kernel.now_ns
        cluster.world.run_for(20.0)
        assert all(each.call_ns <= stopped_ns for each in noted), "somebody went on"
    return noted


def test_clients_read_and_write_and_note_everything_once() -> None:
    """Each one operation at a time, and no value twice."""
    noted = histories(ApiClients(3, keys=2, period_s=0.2), 12.0)

    kinds = Counter(type(each.action) for each in noted)
    assert all(kinds[kind] > 3 for kind in (Get, Put, Cas))
    values = [each.action.value for each in noted if isinstance(each.action, Put)]
    assert len(values) == len(set(values))
    for client in ("client-0", "client-1", "client-2"):
        mine = [each for each in noted if each.client == client and each.return_ns is not None]
        assert mine
        assert all(
            before.return_ns is not None and before.return_ns <= after.call_ns
            for before, after in pairwise(mine)
        )


def test_of_a_write_without_an_answer_nobody_knows() -> None:
    """It is noted as open, not as failed; a read without an answer has certainly done nothing."""
    noted = histories(ApiClients(6, keys=2, period_s=0.05, timeout_s=2.0), 8.0, cut_s=5.0)

    unknown = [each for each in noted if each.unknown]
    assert unknown
    assert not any(isinstance(each.action, Get) for each in unknown)
    assert any(each.error is not None for each in noted if isinstance(each.action, Get))


def test_there_may_be_no_clients() -> None:
    """Then nothing is noted."""
    assert histories(ApiClients(0), 2.0) == []


def test_what_clients_are_told_holds_under_faults() -> None:
    """Although answers come late, and the store is restarted."""
    scenario = attrs.evolve(
        BUSY, faults=FaultPlan((*BUSY.plan, Bounce("m1", start=At(5), end=For(1))))
    )

    outcome, _ = run(scenario, 1)

    assert outcome.violations == ()


STALE = edited(
    Edit(
        "kactors.apiserver.handlers.get",
        "read",
        "if revision is None:",
        "if revision is None and resource.plural == 'configmaps':\n"
        "        found = backend.cache_of(resource).get(namespace, name)\n"
        "    elif revision is None:",
    ),
)
LOST = edited(
    Edit(
        "kactors.apiserver.registry.guaranteed_update",
        "guaranteed_update",
        "outcome, dry_run=dry_run)",
        "outcome, dry_run=dry_run or "
        "(b'/default/history' in key and sum(outcome.body or b'') % 3 == 0))",
    )
)


@pytest.mark.parametrize("planted", [STALE, LOST], ids=["stale read", "lost write"])
def test_a_planted_bug_of_the_apiserver_is_objected_to(planted: object) -> None:
    """A read that is answered from a late cache; a write that is acknowledged and not done."""
    assert callable(planted)
    with planted():
        outcomes = [run(BUSY, seed)[0] for seed in range(2)]

    assert SIGNATURE in {outcome.signature for outcome in outcomes}
