"""Bugs of kubelets and proxies."""

from pathlib import Path
from typing import Final

from kactors.scenario.planted import Planted
from kactors.testing.mutants import Edit, edited

SCENARIOS: Final = Path(__file__).parent / "scenarios"

PLANTED: Final = (
    Planted(
        id="k8s#28674",
        mechanism="Something goes wrong while a proxy carries out several changes at a time; it "
        "is swallowed, and the rules stay as they were.",
        breaks="endpoints: a proxy is behind for good",
        scenario=SCENARIOS / "proxies.py",
        apply=edited(
            Edit(
                "kactors.node.proxy.tracker",
                "ServiceTracker.sync",
                "for key in dirty:",
                "for key in list(dirty)[:1]:",
            )
        ),
    ),
)
