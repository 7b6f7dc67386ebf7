"""The cloud as controllers see it; in the names of upstream's interfaces.

Source: kubernetes cloud-provider cloud.go (``InstancesV2``, ``Routes``, ``LoadBalancer``).
"""

from collections.abc import Awaitable
from typing import Protocol, TypeVar

from kactors.actors.errors import RequestError
from kactors.actors.request import Request
from kactors.api.meta import name_of
from kactors.api.objects import Object, field
from kactors.cloud.errors import CloudCallFailed, CloudError, NotFound
from kactors.cloud.messages import (
    CreateRoute,
    DeleteLoadBalancer,
    DeleteRoute,
    DescribeInstance,
    EnsureLoadBalancer,
    Instance,
    ListRoutes,
    LoadBalancer,
    LoadBalancerPort,
    Route,
)
from kactors.transport.envelope import Address

__all__ = ["CloudProvider"]

AnswerT = TypeVar("AnswerT")


class Asker(Protocol):
    """Who can ask actors: an `Actor`."""

    def request(
        self, target: Address, message: Request[AnswerT], *, timeout: float | None = None
    ) -> Awaitable[AnswerT]:
        """Ask, and wait for the answer."""
        ...


class CloudProvider:
    """Calls to a cloud's API. Every method raises `CloudCallFailed` if a call was in vain.

    Args:
        asker: who calls.
        api: address of the API.
        seconds: how long one call may take.
    """

    def __init__(self, asker: Asker, api: Address, seconds: float = 10.0) -> None:
        self._asker = asker
        self._api = api
        self._seconds = seconds

    async def _call(self, call: Request[AnswerT]) -> AnswerT:
        try:
            return await self._asker.request(self._api, call, timeout=self._seconds)
        except (CloudError, RequestError) as error:
            name = type(call).__name__
            raise CloudCallFailed(f"{name}: {type(error).__name__}: {error}") from error

    async def instance_of(self, node: Object) -> Instance | None:
        """Return the instance of a Node; ``None`` if the cloud says that there is none."""
        provider_id = field(node, "spec", "providerID", default="")
        try:
            return await self._call(DescribeInstance(provider_id, name_of(node)))
        except CloudCallFailed as error:
            if isinstance(error.__cause__, NotFound):
                return None
            raise

    async def list_routes(self) -> tuple[Route, ...]:
        """Return all routes."""
        return (await self._call(ListRoutes())).routes

    async def create_route(self, route: Route) -> None:
        """Have a route there."""
        await self._call(CreateRoute(route))

    async def delete_route(self, name: str) -> None:
        """Have a route gone."""
        await self._call(DeleteRoute(name))

    async def ensure_load_balancer(
        self, name: str, ports: tuple[LoadBalancerPort, ...], nodes: tuple[str, ...]
    ) -> LoadBalancer:
        """Have a load balancer there, and like this."""
        return await self._call(EnsureLoadBalancer(name, ports, nodes))

    async def ensure_load_balancer_deleted(self, name: str) -> None:
        """Have a load balancer gone."""
        await self._call(DeleteLoadBalancer(name))
