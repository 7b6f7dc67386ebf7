"""The client of the Kubernetes API: resources and what can be done with their objects.

Reads never go back in time. A client remembers the highest revision of each resource that it has
seen, in answers and in watches, and a read that allows an old answer (``revision=0`` or more) asks
for one that is not older than that, whichever replica serves it. A read that says nothing gets the
most recent state, which cannot be older.
"""

import attrs

from kactors.api.requests import ApiRequest, ApiResponse
from kactors.client.config import Asker, ClientConfig
from kactors.client.resource_client import ResourceClient
from kactors.client.resources import GroupVersionResource, find_resource
from kactors.client.revisions import Revisions
from kactors.client.session import Guard, Session

__all__ = ["Client"]


@attrs.frozen(eq=False)
class Client:
    """The way to every resource; `resource` is where to begin.

    Make one with `Client.connect` for a program, and share it: what one part has seen, no other
    part reads an older state of.

    Attributes:
        session: the way to the apiservers.
        revisions: what has been seen.
        guard: asked before each write; see `guarded`.
    """

    session: Session
    revisions: Revisions
    guard: Guard | None = None
    _resources: dict[GroupVersionResource, ResourceClient] = attrs.field(factory=dict, init=False)

    @classmethod
    def connect(
        cls, asker: Asker, config: ClientConfig, *, beside: "Client | None" = None
    ) -> "Client":
        """Return a new client; nothing is sent.

        Args:
            asker: who asks: an actor, or a `SystemAsker`.
            config: whom, as whom, and how patiently.
            beside: another client of the same program. What it has seen is known to both; and how
                the replicas are, if theirs are the same: they ask the same one, and what one finds
                out no other has to, as all clients of a program share a connection upstream.
        """
        if beside is None:
            return cls(Session(asker, config), Revisions())
        shares = config.replicas == beside.session.config.replicas
        balancer = beside.session.balancer if shares else None
        return cls(Session(asker, config, balancer), beside.revisions)

    def resource(self, resource: GroupVersionResource | str) -> ResourceClient:
        """Return the client of one resource.

        Args:
            resource: its plural name, such as ``pods``, with its group where that is needed to tell
                it from another (``events.events.k8s.io``); or all three names.

        Raises:
            UnknownKind: the registry has no such resource.
        """
        found = find_resource(resource) if isinstance(resource, str) else resource
        client = self._resources.get(found)
        if client is None:
            client = ResourceClient(self.session, found, self.revisions, self.guard)
            self._resources[found] = client
        return client

    def guarded(self, guard: Guard) -> "Client":
        """Return this client, with ``guard`` asked right before each write leaves.

        It returns for how many seconds the write may be carried out, or raises; see
        `kactors.client.leader_election`.
        """
        return Client(self.session, self.revisions, guard)

    def impatient(self, seconds: float) -> "Client":
        """Return this client for calls that take at most so long, with all their repetitions."""
        return Client(self.session.impatient(seconds), self.revisions, self.guard)

    async def call(self, request: ApiRequest) -> ApiResponse:
        """Send a request as it is; see `Session.call` for what is raised."""
        return await self.session.call(request, self.guard)
