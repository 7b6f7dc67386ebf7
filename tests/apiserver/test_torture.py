"""No update is lost, and watchers see every version, whatever happens to replicas and members.

A thousand updates here; ``KACTORS_TORTURE=10000 pytest tests/apiserver/test_torture.py`` makes ten
thousand.
"""

import os
from collections.abc import Callable
from typing import Any

import pytest

from kactors.api.errors import NotFound
from kactors.apiserver.cache.watch_cache import WatchCache
from kactors.apiserver.storage import Storage, Swapped
from tests.apiserver.cluster import Api, Cluster, config_map
from tests.apiserver.torture import KNOBS, OBJECTS, Load, check, torture

UPDATES = int(os.environ.get("KACTORS_TORTURE", "1000"))
#: The more there are, the faster: a thousand have to last for some crashes.
LOAD = Load(writers=10, writes=UPDATES // 10, pause=0.3 if UPDATES < 5000 else 0.1)


def suffer(load: Load, seed: int = 1) -> None:
    """Torture a cluster of three replicas over three members, and check what came of it."""
    with Cluster(members=3, replicas=3, seed=seed, **KNOBS) as cluster:

        async def story(api: Api) -> None:
            tally, watchers = await torture(api, cluster, load)
            final = {name: await api.get("configmaps", "default", name) for name in OBJECTS}
            check(final, tally, watchers)

            assert len(tally.done) + len(tally.unknown) == load.writers * load.writes
            assert len(tally.done) > 0.9 * load.writers * load.writes
            assert tally.crashes >= 4
            assert tally.conflicts >= load.writes // 10
            assert watchers[-1].expired, "nobody was told that what it asks for is forgotten"

        cluster.run(story)


def test_no_update_is_lost_and_every_version_is_seen() -> None:
    """Through three replicas that restart, over three members whose leader does."""
    suffer(LOAD)


@pytest.fixture
def few() -> Load:
    """Give as much as it takes to find a planted bug."""
    return Load(writers=6, writes=40)


def test_a_write_without_comparison_is_found(few: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    """Then the sums are too small: two have read the same, and both have written."""
    swap = Storage.swap

    async def blind(self: Storage, key: bytes, seen: int, *args: Any, **more: Any) -> Swapped:
        now = await self.get(key)
        return await swap(self, key, 0 if now is None else now.revision, *args, **more)

    monkeypatch.setattr(Storage, "swap", blind)

    with pytest.raises(AssertionError, match=r"went from|times: "):
        suffer(few)


def test_a_watcher_that_is_not_told_is_found(few: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    """One change in fifty is kept from those who watch: somebody sees two steps at once."""
    monkeypatch.setattr(WatchCache, "apply", forgetful(WatchCache.apply))

    with pytest.raises(AssertionError, match=r"went from|the last is missing"):
        suffer(few)


def forgetful(apply: Callable[..., None]) -> Callable[..., None]:
    """Return what follows changes, but for some."""
    told = 0

    def changed(self: WatchCache, key: bytes, *more: Any) -> None:
        nonlocal told
        told += key.startswith(b"/registry/configmaps/")
        if told % 50:
            apply(self, key, *more)

    return changed


def test_a_deleted_object_does_not_come_back() -> None:
    """Whichever replica is asked after a deletion, and whoever has restarted meanwhile."""
    with Cluster(members=3, replicas=3) as cluster:

        async def story(api: Api) -> None:
            for number in range(6):
                name = f"x{number}"
                writer = api.replicas[number % 3]
                await api.at(writer).create(config_map(name))
                await api.at(writer).delete("configmaps", "default", name)
                for replica in api.replicas:
                    with pytest.raises(NotFound):
                        await api.at(replica).get("configmaps", "default", name)
                    listed = await api.at(replica).list("configmaps", "default")
                    assert listed == []

        cluster.run(story)
