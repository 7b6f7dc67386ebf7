"""Changes that others come between."""

from collections.abc import Awaitable, Callable

import pytest

from kactors.actors import System
from kactors.actors.system_asker import SystemAsker
from kactors.api.errors import Conflict
from kactors.api.objects import Object, field, replaced
from kactors.api.requests import ApiRequest
from kactors.client.config import ClientConfig
from kactors.client.resource_client import ResourceClient
from kactors.client.rest import Client
from kactors.client.retry import create_or_update
from kactors.runtime import open_nursery
from tests.client.fake import FakeCluster
from tests.client.objects import config_map


def run(cluster: FakeCluster, work: Callable[[ResourceClient], Awaitable[None]]) -> None:
    """Do something with ConfigMaps."""

    async def main(system: System) -> None:
        client = Client.connect(SystemAsker(system), ClientConfig(replicas=cluster.addresses))
        await work(client.resource("configmaps"))

    cluster.world.call("c", main)


def one_more(obj: Object) -> Object:
    """Count up."""
    number = int(field(obj, "data", "number", default="0"))
    return replaced(obj, str(number + 1), "data", "number")


def test_what_is_not_there_is_created_and_what_is_there_changed() -> None:
    """What is well already is not written."""

    async def work(maps: ResourceClient) -> None:
        await create_or_update(maps, config_map("a"), one_more)
        changed = await create_or_update(maps, config_map("a"), one_more)
        assert changed["data"] == {"number": "2"}
        assert await create_or_update(maps, config_map("a"), lambda obj: obj) == changed

    with FakeCluster() as cluster:
        run(cluster, work)
        assert cluster.store.revision == 3


def test_no_change_is_lost_between_many() -> None:
    """Each that comes too late reads again."""

    async def work(maps: ResourceClient) -> None:
        async with open_nursery() as nursery:
            for _ in range(4):
                nursery.start_soon(create_or_update, maps, config_map("a"), one_more)

    with FakeCluster() as cluster:
        run(cluster, work)
        assert cluster.objects("configmaps")["default/a"]["data"] == {"number": "4"}


def test_somebody_who_always_comes_between_wins() -> None:
    """After five tries the conflict is the caller's."""

    async def work(maps: ResourceClient) -> None:
        await maps.create(config_map("a"))
        with pytest.raises(Conflict):
            await create_or_update(maps, config_map("a"), one_more)

    def between(request: ApiRequest) -> None:
        if request.verb == "update":
            key = ("", "configmaps", "default", "a")
            cluster.store.write(key, config_map("a", at=str(cluster.store.revision)))

    with FakeCluster() as cluster:
        for server in cluster.all:
            server.before = between
        run(cluster, work)
