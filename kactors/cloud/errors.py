"""What a cloud refuses, and what those who asked it make of that."""

from kactors.client.errors import ClientError
from kactors.errors import KactorsError
from kactors.wire import remote_error

__all__ = [
    "CloudCallFailed",
    "CloudError",
    "NotFound",
    "ProviderFailed",
    "QuotaExceeded",
    "Throttled",
]


class CloudError(KactorsError):
    """Base of what a cloud answers instead of doing it; never raised itself."""


@remote_error("cloud.not-found")
class NotFound(CloudError):
    """There is no such instance, load balancer or route."""

    what: str


@remote_error("cloud.throttled")
class Throttled(CloudError):
    """Too many calls in the last minute: come back later."""

    seconds: float


@remote_error("cloud.quota-exceeded")
class QuotaExceeded(CloudError):
    """There may be no more of these."""

    what: str


@remote_error("cloud.provider-failed")
class ProviderFailed(CloudError):
    """The cloud has a problem of its own; nothing was done."""

    problem: str


class CloudCallFailed(ClientError):
    """A call to the cloud was refused or not answered; a controller tries again later."""
