"""Two controllers over three apiservers that are cut off and crash; prints the run's digest."""

import sys

from kactors.client.config import ClientConfig
from kactors.client.controller import ControllerContext
from kactors.client.leader_election import LeaderElectionConfig
from kactors.runtime import stream
from kactors.transport.link import LinkRule
from kactors.transport.rules import ANY
from tests.client.fake import FakeCluster
from tests.client.replica_sets import ReplicaSets, replica_set


def run(seed: int) -> str:
    """Return the digest of everything that was delivered, and how much that was."""
    chance = stream(seed, "test")
    with FakeCluster(seed=seed) as cluster:
        context = ControllerContext(
            config=ClientConfig(replicas=cluster.addresses),
            election=LeaderElectionConfig(name="test"),
        )
        for name in ("m1", "m2"):
            cluster.world.add_host(name).deploy(lambda: ReplicaSets(context), "controller")
        for number in range(12):
            cluster.world.run_for(chance.exponential(4.0))
            key = ("apps", "replicasets", "default", f"set-{number % 4}")
            cluster.store.write(key, replica_set(key[3], chance.below(6)))
            host = ("api-1", "api-2", "api-3", "m1", "m2")[chance.below(5)]
            cluster.world.network.rules.clear_all()
            cluster.world.network.rules.set("test", host, ANY, LinkRule(cut=True))
            if chance.chance(0.3):
                cluster.world.crash(host)
                cluster.world.hosts[host].machine.restart()
        return f"{cluster.world.digest} {cluster.store.revision}"


if __name__ == "__main__":
    sys.stdout.write(run(int(sys.argv[1])))
