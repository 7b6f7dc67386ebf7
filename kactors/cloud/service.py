"""The cloud's API: an actor outside of the cluster, slow at times, and not always of good will."""

from collections import deque
from typing import Final

from kactors.actors import Actor, serves
from kactors.cloud.errors import ProviderFailed, Throttled
from kactors.cloud.messages import (
    CreateRoute,
    DeleteLoadBalancer,
    DeleteRoute,
    DescribeInstance,
    Done,
    EnsureLoadBalancer,
    Instance,
    ListRoutes,
    LoadBalancer,
    Routes,
)
from kactors.cloud.state import CloudState
from kactors.runtime import current_time, sleep, sleep_forever

__all__ = ["CloudApi"]

_MINUTE: Final = 60.0


class CloudApi(Actor):
    """Serves calls to one cloud; deploy it on a host of its own.

    Args:
        state: the cloud.

    Attributes:
        calls: how many were made, by what was asked.
    """

    def __init__(self, state: CloudState) -> None:
        self.calls: dict[str, int] = {}
        self._state = state
        self._recent: deque[float] = deque()

    async def on_start(self) -> None:
        """Begin."""
        self._chance = self.random("troubles")

    @serves
    async def describe_instance(self, call: DescribeInstance) -> Instance:
        """Answer how an instance is."""
        await self._before("DescribeInstance")
        found = self._state.find(call.provider_id, call.name)
        await self._after()
        return found

    @serves
    async def list_routes(self, call: ListRoutes) -> Routes:
        """Answer which routes there are."""
        del call
        await self._before("ListRoutes")
        found = Routes(tuple(self._state.routes.values()))
        await self._after()
        return found

    @serves
    async def create_route(self, call: CreateRoute) -> Done:
        """Create a route."""
        await self._before("CreateRoute")
        self._state.create_route(call.route)
        await self._after()
        return Done()

    @serves
    async def delete_route(self, call: DeleteRoute) -> Done:
        """Delete a route."""
        await self._before("DeleteRoute")
        self._state.delete_route(call.name)
        await self._after()
        return Done()

    @serves
    async def ensure_load_balancer(self, call: EnsureLoadBalancer) -> LoadBalancer:
        """Create or change a load balancer."""
        await self._before("EnsureLoadBalancer")
        found = self._state.ensure_load_balancer(call.name, call.ports, call.nodes)
        await self._after()
        return found

    @serves
    async def delete_load_balancer(self, call: DeleteLoadBalancer) -> Done:
        """Delete a load balancer."""
        await self._before("DeleteLoadBalancer")
        self._state.delete_load_balancer(call.name)
        await self._after()
        return Done()

    async def _before(self, what: str) -> None:
        """Take as long as it takes; refuse if there is trouble."""
        troubles = self._state.troubles
        self.calls[what] = self.calls.get(what, 0) + 1
        now = current_time()
        limit = troubles.calls_per_minute
        if limit is not None:
            while self._recent and self._recent[0] <= now - _MINUTE:
                self._recent.popleft()
            if len(self._recent) >= limit:
                raise Throttled(self._recent[0] + _MINUTE - now)
            self._recent.append(now)
        await sleep(self._chance.uniform(*troubles.seconds))
        if self._chance.chance(troubles.failure):
            raise ProviderFailed("internal error")

    async def _after(self) -> None:
        """Keep the answer to itself, if that is the trouble: what was asked is done."""
        if self._chance.chance(self._state.troubles.silence):
            await sleep_forever()
