"""Goals about what is not to be there: an object that lingers, a second leader."""

from collections.abc import Sequence
from typing import Any, cast

import attrs
import pytest

from kactors.controllers.controller_manager import ControllerManager
from kactors.scenario import Gone, NoTwoLead, View
from kactors.scenario.oracles.store import StoreAgreement
from kactors.scheduler.scheduler import Scheduler
from tests.scenario.oracles.stage import Stage, pod


@attrs.frozen
class Stored:
    """All of a view that `Gone` looks at."""

    truth: Any


def test_what_is_stored_is_not_gone_and_what_is_deleted_is() -> None:
    """By name, or any of its kind; objects of other names and namespaces do not matter."""
    stage = Stage(StoreAgreement)
    view = cast("View", Stored(stage.truth))
    web, going = pod("web"), pod("going", deleted=True)
    stage.write(web, going)

    assert Gone("pods", "web", "default").missing(view) == "web is among the pods"
    assert Gone("pods", "going", "default").missing(view).endswith("and is being deleted")
    assert Gone("pods", namespace="default").missing(view)
    assert not Gone("pods", "other", "default").missing(view)
    assert not Gone("pods", namespace="other").missing(view)
    assert not Gone("services", namespace="default").missing(view)

    stage.delete(web)
    stage.delete(going)
    assert not Gone("pods", namespace="default").missing(view)


@attrs.frozen
class _Machine:
    paused: bool


@attrs.frozen
class _Host:
    machine: _Machine


@attrs.frozen
class _World:
    hosts: dict[str, _Host]


@attrs.frozen
class _Leading:
    leading: bool


@attrs.frozen
class _Observer:
    led: dict[type, Sequence[str]]

    def of_kind(self, kind: type) -> list[tuple[str, _Leading]]:
        """Return three replicas, of which some lead."""
        return [(host, _Leading(host in self.led[kind])) for host in ("m1", "m2", "m3")]


@attrs.frozen
class _Cluster:
    world: _World
    observer: _Observer


@attrs.frozen
class Led:
    """All of a view that `NoTwoLead` looks at."""

    cluster: _Cluster


def led(schedulers: Sequence[str], managers: Sequence[str], paused: Sequence[str] = ()) -> View:
    """Return a view of three masters, some of which lead, or stand still."""
    hosts = {name: _Host(_Machine(name in paused)) for name in ("m1", "m2", "m3")}
    observer = _Observer({Scheduler: schedulers, ControllerManager: managers})
    return cast("View", Led(_Cluster(_World(hosts), observer)))


@pytest.mark.parametrize(
    ("view", "missing"),
    [
        (led([], []), ""),
        (led(["m1"], ["m2"]), ""),
        (led(["m1", "m3"], ["m2"]), "m1 and m3 lead the scheduler"),
        (led(["m1"], ["m2", "m3"]), "m2 and m3 lead controllers"),
        (led(["m1", "m3"], ["m2"], paused=["m3"]), ""),
    ],
)
def test_one_leads_or_nobody(view: View, missing: str) -> None:
    """Each part for itself; who stands still cannot know better."""
    assert NoTwoLead().missing(view) == missing
