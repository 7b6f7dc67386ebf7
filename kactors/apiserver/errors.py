"""What the parts of an apiserver tell each other; clients are told with `kactors.api.errors`."""

from kactors.api.errors import ApiError
from kactors.errors import KactorsError

__all__ = [
    "ApiServerError",
    "BadContinueToken",
    "BadServerConfig",
    "CacheNotFresh",
    "RevisionGone",
    "TokenRefused",
    "UnknownPath",
]


class ApiServerError(KactorsError):
    """Base of what the apiserver's parts raise; never raised itself."""


class RevisionGone(ApiServerError):
    """The revision that was asked for was compacted, or is older than all that is remembered.

    Attributes:
        oldest: the first revision that can be asked for; 0 if unknown.
    """

    def __init__(self, asked: int, oldest: int) -> None:
        super().__init__(f"revision {asked} was asked for, the oldest known is {oldest}: read anew")
        self.asked = asked
        self.oldest = oldest


class CacheNotFresh(ApiServerError):
    """The watch cache has not come up to a revision in time.

    Attributes:
        asked: the revision.
        current: how far the cache is.
    """

    def __init__(self, asked: int, current: int) -> None:
        super().__init__(
            f"revision {asked} was asked for, the cache is at {current}: ask again in a second"
        )
        self.asked = asked
        self.current = current


class BadContinueToken(ApiServerError):
    """A continue token was not made by an apiserver: begin the list anew."""


class TokenRefused(ApiServerError):
    """A bearer token proves nobody's identity; the text says why."""


class BadServerConfig(ApiServerError, ValueError):
    """What an apiserver is configured with makes no sense."""


class UnknownPath(ApiError):
    """404: there is no such resource, or nothing of that kind to be done with it."""

    code, reason = 404, "NotFound"

    def __init__(self) -> None:
        super().__init__("the server could not find the requested resource")
