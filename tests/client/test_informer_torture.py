"""Informers before real apiservers over etcd, cut at random points while etcd compacts.

Every change that etcd's members apply is compared with what the informer was told: between two
lists nothing may be left out, twice or out of order, and each list has to show what was there.
``KACTORS_INFORMER_SEEDS=100`` tries more seeds than usual.
"""

import os
from collections.abc import Callable
from contextlib import suppress
from functools import cache, partial
from typing import Any

import pytest

from kactors.actors import Address
from kactors.actors.system_asker import SystemAsker
from kactors.api.errors import AlreadyExists, ApiError, NotFound
from kactors.api.meta import key_of, revision_of
from kactors.api.objects import Object
from kactors.client.config import ClientConfig
from kactors.client.errors import ClientError
from kactors.client.reflector import Selection
from kactors.client.resource_client import MERGE_PATCH, ResourceClient
from kactors.client.rest import Client
from kactors.client.watch import BOOKMARK, Event, Watch
from kactors.etcd.errors import EtcdError
from kactors.runtime import current_time, move_on_after, open_nursery, sleep, stream
from kactors.transport.link import LinkRule
from tests.apiserver.cluster import ADMIN, CLIENT, Api, config_map
from tests.client.ledger import Lists, Watched, Witness, judge

SEEDS = range(int(os.environ.get("KACTORS_INFORMER_SEEDS", "10")))
CUT = LinkRule(cut=True)

Plant = Callable[[Witness, Lists], None]
"""Makes an informer, or its client, err."""


class Torture:
    """One run: writes, disturbances, quiet; and what the informer made of it.

    Attributes:
        witness: the informer.
    """

    witness: Witness

    def __init__(self, seed: int, plant: Plant | None = None) -> None:
        self.chance = stream(seed, "test")
        self._plant = plant
        self._writes = 0
        self.cluster = Watched(members=3, replicas=3, seed=seed)
        with self.cluster:
            config = ClientConfig(
                replicas=[Address(name, "apiserver") for name in self.cluster.replicas],
                token=ADMIN,
                timeout=5.0,
            )
            self.cluster.run(partial(self.story, config))
        self.objections = judge(self.cluster.ledger, self.witness)

    async def story(self, config: ClientConfig, api: Api) -> None:
        """Write and disturb, then wait until the copy is what etcd holds."""
        client = Client.connect(SystemAsker(api.system), config)
        writer = Client.connect(SystemAsker(api.system, "writer"), config)
        lists = Lists(client.resource("configmaps"))
        self.witness = Witness(lists, Selection.of("default"), stream(0, "witness"))
        if self._plant is not None:
            self._plant(self.witness, lists)
        async with open_nursery() as nursery:
            nursery.start_soon(self.witness.run)
            nursery.start_soon(self.compact, api)
            for _ in range(12):
                self.disturb()
                for _ in range(1 + self.chance.below(5)):
                    with suppress(ApiError, ClientError):
                        await self.write(writer.resource("configmaps"))
                await sleep(self.chance.exponential(1.0))
            for rule in self.cluster.replicas:
                self.cluster.world.network.rules.clear(rule)
            await self.until_equal(writer.resource("configmaps"))
            nursery.cancel_scope.cancel()

    async def write(self, maps: ResourceClient) -> None:
        """Create one of a few objects; or if it is there, change or delete it."""
        self._writes += 1
        name, text = f"m{self.chance.below(6)}", str(self._writes)
        try:
            if self.chance.chance(0.4):
                await maps.delete(name, "default")
            else:
                change = {"data": {"text": text}}
                await maps.patch(name, change, "default", content_type=MERGE_PATCH)
        except NotFound:
            with suppress(AlreadyExists):
                await maps.create(config_map(name, text=text))

    def disturb(self) -> None:
        """Crash a replica or a member for a moment, or cut one replica off from the client."""
        cluster, below = self.cluster, self.chance.below
        replica = cluster.replicas[below(len(cluster.replicas))]
        match below(5):
            case 0 | 1:
                bounce(cluster, replica)
            case 2:
                bounce(cluster, cluster.members[below(len(cluster.members))])
            case 3:
                cluster.world.network.rules.set(replica, replica, CLIENT, CUT)
            case 4:
                for each in cluster.replicas:
                    cluster.world.network.rules.clear(each)

    async def compact(self, api: Api) -> None:
        """Let etcd forget, again and again, whatever it can."""
        etcd = self.cluster.etcd(api.system)
        while True:
            await sleep(1.0 + self.chance.exponential(1.0))
            with suppress(EtcdError, ApiError), move_on_after(5.0):
                await etcd.compact(self.cluster.ledger.revision)

    async def until_equal(self, maps: ResourceClient) -> None:
        """Return once the copy is what a quorum says; or after a while, if it never is."""
        end = current_time() + 60.0
        while current_time() < end:
            with suppress(ApiError, ClientError):
                found = await maps.list("default")
                if states(found.items) == states(self.witness.indexer.list()):
                    return
            await sleep(0.5)
        self.witness.objections.append("the copy has not become what etcd holds")


@cache
def tortured(seed: int) -> Torture:
    """Return a run without bugs; two tests look at the same ones."""
    return Torture(seed)


def bounce(cluster: Watched, host: str) -> None:
    """Let a host crash and start again."""
    machine = cluster.world.hosts[host].machine
    machine.crash()
    machine.restart()


def states(objects: tuple[Object, ...]) -> dict[str, int]:
    """Return the revision of each object."""
    return {key_of(obj): revision_of(obj) for obj in objects}


@pytest.mark.parametrize("seed", SEEDS)
def test_nothing_is_lost_however_it_is_cut(seed: int) -> None:
    """At rest the copy is what etcd holds, and on the way there every step was a true one."""
    torture = tortured(seed)

    assert torture.objections == []
    # Equal if the informer could not list before all was over: seed 81.
    assert torture.witness.spans[-1].until >= torture.witness.spans[0].listed


def test_the_torture_hurts() -> None:
    """Watches are cut and taken up again, lists repeated, and deletions found out by lists only."""
    runs = [tortured(seed).witness for seed in range(10)]

    assert sum(len(witness.spans) - 1 for witness in runs) >= 4
    assert sum(witness.lost for witness in runs) >= 2
    assert sum(len(span.told) for witness in runs for span in witness.spans) >= 80


# -- bugs that have to be seen ---------------------------------------------------------------------


def objected(plant: Plant, text: str) -> bool:
    """Tell whether one of some seeds objects to a bug, and so that the text is found in it."""
    for seed in range(8):
        objections = Torture(seed, plant).objections
        if any(text in each for each in objections):
            return True
    return False


def test_a_watch_that_begins_one_revision_too_late_is_seen() -> None:
    """One event is skipped at each resumption, even if a later one repairs the copy."""

    def plant(witness: Witness, lists: Lists) -> None:
        del witness
        honest = lists.watch

        def late(namespace: str = "", *, revision: int, **options: Any) -> Watch:
            return honest(namespace, revision=revision + 1, **options)

        lists.watch = late  # type: ignore[method-assign]

    assert objected(plant, "was never told")


def test_a_bookmark_that_overtakes_an_event_is_seen() -> None:
    """It claims that everything up to a revision was told, and the latest of it was not."""

    class Hasty(Watch):
        """Turns an event into a bookmark now and then."""

        async def receive(self) -> tuple[Event, ...] | None:
            """Return events, of which one may be lost."""
            events = await super().receive()
            if events is None or chance.chance(0.9):
                return events
            lost = events[-1]
            return (*events[:-1], Event(BOOKMARK, {}, lost.revision))

    chance = stream(1, "planted")

    def plant(witness: Witness, lists: Lists) -> None:
        del witness
        honest = lists.watch

        def hasty(namespace: str = "", **options: Any) -> Watch:
            watch = honest(namespace, **options)
            return Hasty(watch._session, watch._request, watch._on_revision)

        lists.watch = hasty  # type: ignore[method-assign]

    assert objected(plant, "was never told")


def test_a_list_that_forgets_deletions_is_seen() -> None:
    """What is missing from a list has to be told as deleted, its final state unknown."""

    def plant(witness: Witness, lists: Lists) -> None:
        del lists
        honest = witness.replace

        def forgetful(objects: tuple[Object, ...]) -> None:
            present = {key_of(obj) for obj in objects}
            kept = [obj for obj in witness.indexer.list() if key_of(obj) not in present]
            honest((*objects, *kept))

        witness.replace = forgetful  # type: ignore[method-assign,assignment]

    assert objected(plant, "the copy was not as things were then")


def test_a_deletion_that_handlers_do_not_hear_of_is_seen() -> None:
    """The copy is right, and whoever follows it is not."""

    def plant(witness: Witness, lists: Lists) -> None:
        del lists
        honest = witness.on_delete

        def deaf(obj: Object, *, final_state_unknown: bool) -> None:
            if not final_state_unknown:
                honest(obj, final_state_unknown=False)

        witness.on_delete = deaf  # type: ignore[method-assign]

    assert objected(plant, "a handler knows something else")


def test_the_same_seed_is_the_same_torture() -> None:
    """What was seen can be seen again."""
    assert Torture(3).witness.spans == tortured(3).witness.spans
