"""One leader at a time, under partitions, pauses, crashes and clocks that are wrong."""

from contextlib import suppress

import attrs
import pytest

from kactors.actors import Actor, System, World
from kactors.actors.system_asker import SystemAsker
from kactors.api.errors import ApiError
from kactors.api.requests import ApiRequest
from kactors.client.config import ClientConfig
from kactors.client.errors import ClientError, NotLeading
from kactors.client.leader_election import LeaderElectionConfig, LeaderElector
from kactors.client.rest import Client
from kactors.runtime import open_nursery, sleep, stream
from kactors.runtime.random import Random
from kactors.transport.link import LinkRule
from kactors.transport.rules import ANY
from tests.client.fake import FakeCluster
from tests.client.objects import config_map

CUT = LinkRule(cut=True)
ELECTION = LeaderElectionConfig(name="acting")


@attrs.frozen
class Act:
    """One write that a leader has sent, or that was carried out, at a true time."""

    at: float
    who: str


@attrs.define
class Witness:
    """Sees in true time who leads and who acts."""

    world: World
    terms: list[Act] = attrs.field(factory=list)
    sent: list[Act] = attrs.field(factory=list)
    carried_out: list[Act] = attrs.field(factory=list)
    refused: int = 0

    def serve(self, request: ApiRequest) -> ApiError | None:
        """Note a write of a leader that has reached an apiserver."""
        if request.resource == "configmaps":
            self.carried_out.append(Act(self.world.time, request.token))
        return None


class Candidate(Actor):
    """Writes four times a second while it leads."""

    def __init__(self, cluster: FakeCluster, witness: Witness, election: LeaderElectionConfig):
        self._cluster = cluster
        self._witness = witness
        self._election = election
        self._number = 0

    async def on_start(self) -> None:
        """Stand for election."""
        self.identity = f"{self.host.name}.{self.host.incarnation}"
        config = ClientConfig(replicas=self._cluster.addresses, token=self.identity)
        client = Client.connect(self, config)
        self.elector = LeaderElector(client, self._election, self.identity)
        self.maps = client.guarded(self.guard).resource("configmaps")
        self.start_soon(self.stand)

    def guard(self) -> float:
        """Note a write in the instant in which it is sent."""
        try:
            left = self.elector.remaining()
        except NotLeading:
            self._witness.refused += 1
            raise
        self._witness.sent.append(Act(self._witness.world.time, self.identity))
        return left

    async def stand(self) -> None:
        """Lead whenever that is possible."""
        while True:
            await self.elector.run(self.lead)

    async def lead(self) -> None:
        """Act."""
        self._witness.terms.append(Act(self._witness.world.time, self.identity))
        async with open_nursery() as nursery:
            while True:
                await sleep(0.25)
                nursery.start_soon(self.act)

    async def act(self) -> None:
        """Write."""
        self._number += 1
        with suppress(ApiError, ClientError):
            await self.maps.create(config_map(f"{self.identity}-{self._number}"))


def candidates(
    cluster: FakeCluster, count: int = 3, election: LeaderElectionConfig = ELECTION
) -> Witness:
    """Deploy candidates on hosts ``m1``, ``m2``, ...; return who watches them."""
    witness = Witness(cluster.world)
    for server in cluster.all:
        server.before = witness.serve
    for number in range(1, count + 1):
        host = cluster.world.add_host(f"m{number}")
        host.deploy(lambda: Candidate(cluster, witness, election), "candidate")
    return witness


def test_one_candidate_leads_and_the_others_wait() -> None:
    """The first to write the Lease acts, for as long as it renews it."""
    with FakeCluster() as cluster:
        witness = candidates(cluster)
        cluster.world.run_for(60.0)
        lease = cluster.objects("leases")["kube-system/acting"]

    assert len(witness.terms) == 1
    assert {act.who for act in witness.carried_out} == {lease["spec"]["holderIdentity"]}
    assert len(witness.carried_out) > 200
    assert lease["spec"]["leaseTransitions"] == 0
    assert lease["spec"]["renewTime"] > lease["spec"]["acquireTime"]


@pytest.mark.parametrize("seed", range(5))
def test_a_crashed_leader_is_followed_when_its_lease_is_over(seed: int) -> None:
    """Not before fifteen seconds after its last renewal, and a stretched retry later at most."""
    with FakeCluster(seed=seed) as cluster:
        witness = candidates(cluster)
        cluster.world.run_for(30.0)
        leader = witness.terms[0].who.partition(".")[0]
        crashed = cluster.world.time
        cluster.world.crash(leader)
        cluster.world.run_for(30.0)

    gap = witness.terms[1].at - crashed
    assert len(witness.terms) == 2
    assert ELECTION.lease_duration - ELECTION.retry_period <= gap
    assert gap <= ELECTION.lease_duration + 2.2 * ELECTION.retry_period + 0.1


def test_a_leader_that_ends_in_order_gives_the_lease_back() -> None:
    """Nobody has to wait for its time to run out."""
    with FakeCluster() as cluster:
        witness = candidates(cluster)
        cluster.world.run_for(30.0)
        leader = witness.terms[0].who.partition(".")[0]
        stopped = cluster.world.time
        cluster.world.hosts[leader].system.stop("candidate")
        cluster.world.run_for(10.0)

    assert len(witness.terms) == 2
    assert witness.terms[1].at - stopped <= 2.2 * ELECTION.retry_period + 0.1
    assert witness.terms[1].who != witness.terms[0].who


def test_a_leader_that_is_cut_off_stops_before_another_begins() -> None:
    """Ten seconds after its last renewal it sends nothing more."""
    with FakeCluster() as cluster:
        witness = candidates(cluster)
        cluster.world.run_for(30.0)
        first = witness.terms[0].who
        cut_at = cluster.world.time
        cluster.world.network.rules.set("test", first.partition(".")[0], ANY, CUT)
        cluster.world.run_for(30.0)

    assert max(act.at for act in witness.sent if act.who == first) - cut_at <= 10.0
    assert witness.terms[1].at - cut_at >= 13.0


def test_a_dead_apiserver_does_not_end_a_term() -> None:
    """The leader renews at another replica, in time."""
    with FakeCluster() as cluster:
        witness = candidates(cluster)
        cluster.world.run_for(30.0)
        lost = cluster.all[0].requests, cluster.all[1].requests, cluster.all[2].requests
        busiest = max(range(3), key=lambda place: len(lost[place]))
        cluster.world.crash(f"api-{busiest + 1}")
        cluster.world.run_for(60.0)

    assert len(witness.terms) == 1
    assert witness.carried_out[-1].at > 89.0


def test_a_paused_leader_does_not_act_when_it_goes_on() -> None:
    """It finds the time to be up in the very step in which it would send."""
    with FakeCluster() as cluster:
        witness = candidates(cluster)
        cluster.world.run_for(30.0)
        first = witness.terms[0].who
        machine = cluster.world.hosts[first.partition(".")[0]].machine
        paused = cluster.world.time
        machine.pause()
        cluster.world.run_for(60.0)
        machine.resume()
        cluster.world.run_for(30.0)

    assert not [act for act in witness.sent if act.who == first and act.at > paused]
    assert len(witness.terms) == 2


def test_jumps_of_wall_clocks_change_nothing() -> None:
    """Only monotonic time counts; the times in the Lease are for people."""
    with FakeCluster() as cluster:
        witness = candidates(cluster)
        for step in range(20):
            for number in (1, 2, 3):
                clock = cluster.world.hosts[f"m{number}"].machine.clock
                clock.jump((-1) ** (step + number) * 3_600_000_000_000)
            cluster.world.run_for(5.0)

    assert len(witness.terms) == 1


def disturb(cluster: FakeCluster, witness: Witness, chance: Random) -> None:
    """Put a host right again that is in trouble, or bring it into trouble; often the leader's."""
    leader = witness.terms[-1].who.partition(".")[0] if witness.terms else "m1"
    name = leader if chance.chance(0.5) else f"m{1 + chance.below(3)}"
    rules, machine = cluster.world.network.rules, cluster.world.hosts[name].machine
    fault = chance.below(6)
    if not machine.up:
        machine.restart()
    elif machine.paused:
        machine.resume()
    elif name in rules.owners():
        rules.clear(name)
    elif fault == 0:
        machine.crash()
    elif fault == 1:
        machine.pause()
    elif fault == 2:
        machine.set_drift(chance.below(300_001) - 150_000)
    elif fault == 3:
        rules.set(name, ANY, name, CUT)
    else:
        rules.set(name, name, ANY, CUT)


@pytest.mark.parametrize("seed", range(20))
def test_never_two_leaders(seed: int) -> None:
    """Clocks that are up to 15 % wrong (a ratio of 1.35 of 1.5 allowed), and everything else.

    Once a leader's successor has begun, the former sends nothing and nothing of it is carried out,
    but for what was on its way.
    """
    chance = stream(seed, "test")
    with FakeCluster(seed=seed) as cluster:
        witness = candidates(cluster)
        for _ in range(40):
            cluster.world.run_for(chance.exponential(10.0))
            disturb(cluster, witness, chance)
        for number in (1, 2, 3):
            machine = cluster.world.hosts[f"m{number}"].machine
            cluster.world.network.rules.clear(f"m{number}")
            if not machine.up:
                machine.restart()
            elif machine.paused:
                machine.resume()
        healed = cluster.world.time
        cluster.world.run_for(40.0)

    assert len(witness.terms) > 1, "nothing has happened: give other faults"
    assert former_leaders_acts(witness.terms, witness.sent) == []
    assert former_leaders_acts(witness.terms, witness.carried_out, slack=0.1) == []
    assert witness.sent[-1].at > healed + 39.0, "nobody leads although all is well"


def former_leaders_acts(terms: list[Act], acts: list[Act], slack: float = 0.0) -> list[Act]:
    """Return the acts of others than the one whose term has begun last, ``slack`` before."""
    found = []
    for act in acts:
        begun = [term.who for term in terms if term.at <= act.at - slack]
        later = [term.who for term in terms if act.at - slack < term.at <= act.at]
        if act.who not in {*begun[-1:], *later}:
            found.append(act)
    return found


def test_the_bound_on_clocks_is_real() -> None:
    """A leader whose clock runs half as fast as another's leads too long: a Lease cannot help."""
    with FakeCluster() as cluster:
        witness = candidates(cluster)
        cluster.world.run_for(30.0)
        first = witness.terms[0].who.partition(".")[0]
        for number in (1, 2, 3):
            machine = cluster.world.hosts[f"m{number}"].machine
            machine.set_drift(-400_000 if machine.name == first else 400_000)
        cluster.world.network.rules.set("test", first, ANY, CUT)
        cluster.world.run_for(30.0)

    assert former_leaders_acts(witness.terms, witness.sent) != []


def test_a_write_is_refused_where_nobody_leads() -> None:
    """The error says who leads; the write is not sent."""

    async def work(system: System) -> list[str]:
        told: list[str] = []
        client = Client.connect(SystemAsker(system), ClientConfig(replicas=cluster.addresses))
        elector = LeaderElector(client, ELECTION, "me", on_new_leader=told.append)

        async def lead() -> None:
            assert elector.leading
            await elector.client.resource("configmaps").create(config_map("a"))

        await elector.run(lead)
        with pytest.raises(NotLeading, match="me does not lead kube-system/acting any more"):
            await elector.client.resource("configmaps").create(config_map("b"))
        assert not elector.leading
        return told

    with FakeCluster() as cluster:
        assert cluster.world.call("c", work) == ["me", ""]
        assert list(cluster.objects("configmaps")) == ["default/a"]


def test_times_that_make_no_sense_are_refused() -> None:
    """A lease must outlast the leader's patience, and that some retries."""
    with pytest.raises(ValueError, match="lease_duration is 10"):
        LeaderElectionConfig(name="a", lease_duration=10.0)
    with pytest.raises(ValueError, match="renew_deadline is 2"):
        LeaderElectionConfig(name="a", renew_deadline=2.0)
