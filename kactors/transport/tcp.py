"""TCP: frames under mutual TLS, or in the clear for those who say so."""

import socket
from collections.abc import Mapping

import trio  # noqa: TID251 - live-only module

from kactors.transport.errors import EndpointError
from kactors.transport.stream_options import StreamOptions
from kactors.transport.stream_transport import StreamTransport
from kactors.transport.tls import TlsConfig

_BACKLOG = 1024


def split_endpoint(endpoint: str) -> tuple[str, int]:
    """Return the host and the port of ``host:port``; an IPv6 address stands in brackets.

    Raises:
        EndpointError: it has another form.

    Example:
        >>> split_endpoint("[::1]:7001")
        ('::1', 7001)
    """
    host, colon, port = endpoint.rpartition(":")
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    elif ":" in host:
        host = ""
    if not (host and colon and port.isascii() and port.isdigit() and int(port) < 2**16):
        raise EndpointError(
            f"a TCP endpoint is written host:port with a port below 65536, "
            f"as 127.0.0.1:7001 or [::1]:7001, not {endpoint!r}"
        )
    return host, int(port)


def join_endpoint(host: str, port: int) -> str:
    """Return what `split_endpoint` takes apart."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


class TcpTransport(StreamTransport):
    """Carries the envelopes of one host over TCP.

    Args:
        host: whose envelopes these are; its certificate names it.
        incarnation: which life of the host this is.
        listen: ``host:port`` to listen at, port 0 for any that is free; None for a host
            that only dials.
        peers: the address book, ``{host: "host:port"}``.
        tls: the host's TLS. None asks for connections in the clear, on which anybody may
            read, and claim to be anybody.
        options: times and bounds.
        seed: from which the jitter of the backoff is drawn.

    Raises:
        EndpointError: an endpoint is not of the form ``host:port``.
    """

    def __init__(
        self,
        *,
        host: str,
        incarnation: int,
        listen: str | None,
        peers: Mapping[str, str],
        tls: TlsConfig | None,
        options: StreamOptions = StreamOptions(),  # noqa: B008 - frozen
        seed: int = 0,
    ) -> None:
        self._silence_seconds = options.silence_seconds
        super().__init__(
            host=host,
            incarnation=incarnation,
            listen=listen,
            peers=peers,
            tls=tls,
            options=options,
            seed=seed,
        )

    def _check(self, endpoint: str) -> None:
        split_endpoint(endpoint)

    async def _listen(self, endpoint: str) -> list[socket.socket]:
        host, port = split_endpoint(endpoint)
        try:
            listeners = await trio.open_tcp_listeners(port, host=host, backlog=_BACKLOG)
        except OSError as error:
            raise EndpointError(
                f"cannot listen at {endpoint}: {error}; choose another endpoint, or end "
                "whatever has it"
            ) from error
        return [_detached(listener.socket) for listener in listeners]

    async def _connect(self, endpoint: str) -> socket.socket:
        host, port = split_endpoint(endpoint)
        return _detached((await trio.open_tcp_stream(host, port)).socket)

    def _tune(self, connected: socket.socket) -> None:
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        # Pings find a dead peer first. The kernel is told as well, for the time when a
        # connection is being closed and nobody pings any more.
        connected.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        if hasattr(socket, "TCP_USER_TIMEOUT"):
            milliseconds = max(1, round(1000 * self._silence_seconds))
            connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, milliseconds)

    def _name(self, listening: socket.socket) -> str:
        host, port = listening.getsockname()[:2]
        return join_endpoint(host, port)

    def _unlisten(self, listening: socket.socket) -> None:
        listening.close()


def _detached(trio_socket: trio.socket.SocketType) -> socket.socket:
    """Return the plain socket inside; from then on it is ours to close."""
    plain = socket.socket(fileno=trio_socket.detach())
    plain.setblocking(False)
    return plain
