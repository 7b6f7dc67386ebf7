"""What can be asked of an apiserver beside the API: how it is."""

from kactors.actors.request import Request
from kactors.wire import message


@message("apiserver.health")
class Health(Request["HealthResponse"]):
    """Asks whether a replica can serve: upstream's ``/livez`` and ``/readyz``."""


@message("apiserver.health_response")
class HealthResponse:
    """How a replica is.

    Attributes:
        ready: it has a view of all objects, and the bootstrap policy is there.
        revision: up to which it knows everything.
        problems: why it is not ready, one sentence each.
        watchers: how many watches it serves.
    """

    ready: bool
    revision: int
    problems: tuple[str, ...] = ()
    watchers: int = 0
