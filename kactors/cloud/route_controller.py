"""Keeps a route in the cloud for the pods of each Node.

Source: kubernetes cloud-provider controllers/route/route_controller.go.
"""

from collections.abc import Iterable
from typing import ClassVar, Final

import attrs

from kactors.api.meta import format_time, get_condition, name_of
from kactors.api.objects import Object, field
from kactors.client.controller import Controller, ControllerContext
from kactors.client.lister import Lister
from kactors.cloud.messages import Route
from kactors.cloud.provider import CloudProvider

__all__ = ["RouteController", "RoutePlan", "plan_routes"]

PERIOD_SECONDS: Final = 10.0
_KEY: Final = "routes"


@attrs.frozen
class RoutePlan:
    """What is to be done about routes.

    Attributes:
        create: routes that are missing.
        delete: names of routes that lead to nobody.
        ready: names of Nodes whose route is there.
    """

    create: tuple[Route, ...] = ()
    delete: tuple[str, ...] = ()
    ready: tuple[str, ...] = ()


def plan_routes(
    nodes: Iterable[Object], routes: Iterable[Route], prefix: str = "pods-"
) -> RoutePlan:
    """Return how the routes of a cloud become those of these Nodes.

    Args:
        nodes: those without an instance or a range have no route yet.
        routes: of the cloud; those whose name does not begin with ``prefix`` are others'.
        prefix: of the names of our routes.
    """
    wanted: dict[str, Route] = {}
    names: dict[str, str] = {}
    for node in nodes:
        cidr = field(node, "spec", "podCIDR", default="")
        instance = field(node, "spec", "providerID", default="").rpartition("/")[2]
        if cidr and instance:
            route = Route(prefix + name_of(node), cidr, instance)
            wanted[route.name] = route
            names[route.name] = name_of(node)
    there = {each.name: each for each in routes if each.name.startswith(prefix)}
    return RoutePlan(
        create=tuple(each for name, each in wanted.items() if there.get(name) != each),
        delete=tuple(name for name in there if name not in wanted),
        ready=tuple(names[name] for name, each in wanted.items() if there.get(name) == each),
    )


class RouteController(Controller):
    """Compares all Nodes with all routes, every ten seconds and when Nodes change."""

    component: ClassVar[str] = "route_controller"
    workers: ClassVar[int] = 1

    _nodes: Lister

    def __init__(self, context: ControllerContext, provider: CloudProvider) -> None:
        super().__init__(context)
        self._provider = provider

    def setup(self) -> None:
        """Look at all routes whenever a Node comes, goes, or gets its range."""
        informer = self.observes("nodes", _if_in_want)
        self._nodes = informer.lister

    def on_leading(self) -> None:
        """Look at once."""
        self.queue.add(_KEY)

    async def reconcile(self, key: str) -> float | None:
        """Make the routes those of the Nodes; deletions first, as ranges are given anew."""
        assert key == _KEY, f"there is one key, {_KEY}, not {key}"
        plan = plan_routes(self._nodes.list(), await self._provider.list_routes())
        for name in plan.delete:
            await self._provider.delete_route(name)
        for route in plan.create:
            await self._provider.create_route(route)
        for name in plan.ready:
            await self._note_ready(name)
        return 0.0 if plan.create else PERIOD_SECONDS

    async def _note_ready(self, name: str) -> None:
        """Say that the network of a Node is there, if that is not said yet."""
        node = self._nodes.get_by_key(name)
        if node is None:
            return
        condition = get_condition(node, "NetworkUnavailable")
        if condition is not None and condition.get("status") == "False":
            return
        now = format_time(self.host.clock.wall_ns())
        said = {
            "type": "NetworkUnavailable",
            "status": "False",
            "reason": "RouteCreated",
            "message": "RouteController created a route",
            "lastHeartbeatTime": now,
            "lastTransitionTime": now,
        }
        patch = {"status": {"conditions": [said]}}
        await self.client.resource("nodes").patch(name, patch, subresource="status")


def _if_in_want(node: Object) -> tuple[str, ...]:
    """Return the one key, for Nodes whose route is not known to be there."""
    condition = get_condition(node, "NetworkUnavailable")
    known = condition is not None and condition.get("status") == "False"
    return () if known else (_KEY,)
