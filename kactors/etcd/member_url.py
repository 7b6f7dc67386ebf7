"""Where a member is, as its URLs say it.

Two forms. ``actor://HOST/ACTOR`` is enough where hosts find each other by their names, as in the
simulated world. ``tcp://HOST@ADDRESS:PORT/ACTOR`` adds where the host listens. The host's name
stands in both, because certificates name hosts and messages are addressed to them.
"""

from typing import Final, Self

import attrs

from kactors.etcd.client_errors import BadUrl
from kactors.transport.envelope import Address

#: The name of the member's actor on its host, unless a URL says otherwise.
ACTOR: Final = "etcd"


@attrs.frozen
class MemberUrl:
    """One address of one member.

    Attributes:
        host: the host's name.
        actor: the actor's name on it.
        endpoint: ``address:port`` where the host listens; None where names are enough.

    Example:
        >>> MemberUrl.parse("tcp://m1@127.0.0.1:2380").address
        Address(host='m1', name='etcd')
    """

    host: str
    actor: str = ACTOR
    endpoint: str | None = None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a URL.

        Raises:
            BadUrl: it has neither form.
        """
        scheme, separator, rest = text.partition("://")
        place, _, actor = rest.partition("/")
        host, at, endpoint = place.partition("@")
        address, colon, port = endpoint.rpartition(":")
        if (
            separator
            and host
            and " " not in text
            and (
                (scheme == "actor" and not at)
                or (scheme == "tcp" and at and address and colon and port.isdigit())
            )
        ):
            return cls(host, actor or ACTOR, endpoint or None)
        raise BadUrl(
            f"{text!r} is not where a member is: write tcp://HOST@ADDRESS:PORT, or actor://HOST/"
            f"{ACTOR} where hosts find each other by name"
        )

    @property
    def address(self) -> Address:
        """Where messages for the member go."""
        return Address(self.host, self.actor)

    def __str__(self) -> str:
        actor = "" if self.actor == ACTOR else f"/{self.actor}"
        if self.endpoint is None:
            return f"actor://{self.host}/{self.actor}"
        return f"tcp://{self.host}@{self.endpoint}{actor}"
