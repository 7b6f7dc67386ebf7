"""The oracles: who watches every run, each for one promise. A further one is one more entry."""

from kactors.scenario.oracle import Oracle

__all__ = ["ORACLES"]

ORACLES: tuple[type[Oracle], ...] = ()
