"""The oracles: who watches every run, each for one promise. A further one is one more entry."""

from typing import Final

from kactors.scenario.oracle import Oracle
from kactors.scenario.oracles.endpoints import EndpointsMatch
from kactors.scenario.oracles.garbage_collection import GarbageCollection
from kactors.scenario.oracles.identity import OneIdentity
from kactors.scenario.oracles.informers import Informers
from kactors.scenario.oracles.jobs import JobCompletions
from kactors.scenario.oracles.linearizability import Linearizability
from kactors.scenario.oracles.over_commit import OverCommit
from kactors.scenario.oracles.store import StoreAgreement
from kactors.scenario.oracles.watch_caches import WatchCaches

__all__ = ["ORACLES"]

ORACLES: Final[tuple[type[Oracle], ...]] = (
    StoreAgreement,
    WatchCaches,
    Informers,
    Linearizability,
    OverCommit,
    OneIdentity,
    JobCompletions,
    GarbageCollection,
    EndpointsMatch,
)
