"""How failures of handlers travel to those who have asked."""

from kactors.actors.errors import ActorFailedError, ActorStoppedError, text_of, travels
from kactors.transport.envelope import Address
from kactors.wire import WireError, encode


def encode_failure(address: Address, error: Exception) -> tuple[bytes, bool]:
    """Encode what a handler of ``address`` has raised; say whether that was made to travel."""
    if travels(error):
        try:
            return encode(error), True
        except WireError:
            pass  # a field of it holds something else than declared
    return encode(ActorFailedError(str(address), text_of(error))), False


def encode_stopped(address: Address) -> bytes:
    """Encode what those are told whose requests the end of a life has interrupted."""
    return encode(ActorStoppedError(str(address)))
