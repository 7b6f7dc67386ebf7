"""Watch caches: what watchers are told is what happened."""

import pytest

from kactors.api.codec import encode
from kactors.apiserver.cache.watch_cache import WatchCache
from kactors.apiserver.server import ApiServer
from kactors.apiserver.storage import Stored
from kactors.scenario.oracles.watch_caches import WatchCaches
from tests.scenario.oracles.stage import Stage, pod

PREFIX = b"/registry/pods/"
KEY = PREFIX + b"default/a"


class Replica:
    """As much of a ready apiserver as the oracle looks at."""

    ready = True

    def __init__(self, cache: WatchCache) -> None:
        self.pods = cache
        self.backend = self

    def cache_of(self, resource: object) -> WatchCache:
        """Return the cache of pods; all others are empty."""
        plural = getattr(resource, "plural", "")
        return self.pods if plural == "pods" else WatchCache(b"/registry/none/", lambda: 0.0)


@pytest.fixture
def cache() -> WatchCache:
    """Give an empty cache of pods."""
    return WatchCache(PREFIX, lambda: 0.0)


@pytest.fixture
def stage(cache: WatchCache, monkeypatch: pytest.MonkeyPatch) -> Stage:
    """Give a stage with three revisions of a pod, 2 to 4, and a deletion at 5."""
    made = Stage(WatchCaches)
    replica = Replica(cache)
    monkeypatch.setattr(
        made.cluster.observer,
        "of_kind",
        lambda kind: [("m1", replica)] if kind is ApiServer else [],
    )
    for phase in ("Pending", "Running", "Succeeded"):
        made.write(pod("a", phase=phase))
    made.delete(pod("a"))
    return made


def tell(cache: WatchCache, *revisions: int) -> None:
    """Let the cache be told of revisions of the pod."""
    for revision in revisions:
        body = encode(pod("a"))
        written = None if revision == 5 else Stored(KEY, body, revision, 0)
        cache.apply(KEY, revision, written)


def test_a_cache_that_follows_is_left_alone(stage: Stage, cache: WatchCache) -> None:
    """Also one that is a little behind, as long as faults last."""
    tell(cache, 2, 3)
    stage.oracle.look()
    tell(cache, 4)
    stage.oracle.finish(converged=False)
    tell(cache, 5)
    stage.oracle.finish(converged=True)

    assert stage.findings == []


@pytest.mark.parametrize("revisions", [(2, 4), (3, 2), (2, 2), (2, 3, 4, 6)])
def test_gaps_and_copies_are_objected_to(
    stage: Stage, cache: WatchCache, revisions: tuple[int, ...]
) -> None:
    """A revision left out, one told late or twice, and one that never was."""
    tell(cache, *revisions)

    stage.oracle.look()

    assert stage.signatures == ["a watch cache differs from what happened"]
    assert "m1 for pods" in stage.findings[0].text


def test_a_gap_is_found_between_two_looks(stage: Stage, cache: WatchCache) -> None:
    """What was right before does not hide what is missing now."""
    tell(cache, 2)
    stage.oracle.look()
    tell(cache, 4)
    stage.oracle.look()

    assert stage.signatures == ["a watch cache differs from what happened"]


def test_a_cache_that_stays_behind_is_objected_to(stage: Stage, cache: WatchCache) -> None:
    """Once all is healed it holds what is stored."""
    tell(cache, 2, 3, 4)
    stage.cluster.world.run_for(3.0)
    assert stage.oracle.waits()

    stage.oracle.finish(converged=True)

    assert stage.signatures == ["a watch cache is behind for good"]


def test_what_is_still_on_its_way_in_the_end_is_not_behind_for_good(
    stage: Stage, cache: WatchCache
) -> None:
    """Some object is always being written, and a watch takes some milliseconds."""
    tell(cache, 2, 3, 4)
    assert not stage.oracle.waits()

    stage.oracle.finish(converged=True)

    assert stage.findings == []
