"""Unix sockets: the same frames between processes of one machine and one user."""

import os
import socket
import stat
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import trio  # noqa: TID251 - live-only module

from kactors.transport.errors import EndpointError, OtherUser
from kactors.transport.stream_options import StreamOptions
from kactors.transport.stream_transport import StreamTransport

_BACKLOG = 1024
_SCHEME: Final = "unix:"
_PATH_BYTES_MAX: Final = 107  # sockaddr_un holds 108 with the zero at the end
_CREDENTIALS: Final = struct.Struct("iII")  # struct ucred: pid, uid, gid


def socket_path(endpoint: str) -> Path:
    """Return the path of ``unix:<path>``.

    Raises:
        EndpointError: it has another form, or the path is too long for a socket.
    """
    path = endpoint.removeprefix(_SCHEME)
    if not endpoint.startswith(_SCHEME) or not path or "\0" in path:
        raise EndpointError(f"a unix endpoint is written unix:/some/path, not {endpoint!r}")
    if len(os.fsencode(path)) > _PATH_BYTES_MAX:
        raise EndpointError(
            f"a unix socket's path has at most {_PATH_BYTES_MAX} bytes: choose one shorter "
            f"than {path!r}"
        )
    return Path(path)


class UnixTransport(StreamTransport):
    """Carries the envelopes of one host over unix sockets.

    The socket's file admits its owner alone, and a process of another user that gets
    hold of it is refused. Among the processes of one user anybody may claim to be anybody.

    Args:
        host: whose envelopes these are.
        incarnation: which life of the host this is.
        listen: ``unix:<path>`` to listen at; None for a host that only dials. A file left
            there by a process that died is replaced.
        peers: the address book, ``{host: "unix:<path>"}``.
        options: times and bounds.
        seed: from which the jitter of the backoff is drawn.

    Raises:
        EndpointError: an endpoint is not of the form ``unix:<path>``.
    """

    def __init__(
        self,
        *,
        host: str,
        incarnation: int,
        listen: str | None,
        peers: Mapping[str, str],
        options: StreamOptions = StreamOptions(),  # noqa: B008 - frozen
        seed: int = 0,
    ) -> None:
        super().__init__(
            host=host,
            incarnation=incarnation,
            listen=listen,
            peers=peers,
            tls=None,
            options=options,
            seed=seed,
        )

    def _check(self, endpoint: str) -> None:
        socket_path(endpoint)

    async def _listen(self, endpoint: str) -> list[socket.socket]:
        path = socket_path(endpoint)
        _remove_stale(path)
        listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            listening.setblocking(False)
            listening.bind(str(path))
            path.chmod(0o600)  # before anybody can be accepted
            listening.listen(_BACKLOG)
        except OSError as error:
            listening.close()
            raise EndpointError(
                f"cannot listen at {endpoint}: {error}; choose another path, or end whatever has it"
            ) from error
        return [listening]

    async def _connect(self, endpoint: str) -> socket.socket:
        connected = socket.socket(fileno=(await _open(socket_path(endpoint))).detach())
        connected.setblocking(False)
        return connected

    def _tune(self, connected: socket.socket) -> None:
        if hasattr(socket, "SO_PEERCRED"):
            raw = connected.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
            _, user, _ = _CREDENTIALS.unpack(raw)
            if user != os.geteuid():
                raise OtherUser(f"the peer runs as user {user}, this process as {os.geteuid()}")

    def _name(self, listening: socket.socket) -> str:
        return f"{_SCHEME}{listening.getsockname()}"

    def _unlisten(self, listening: socket.socket) -> None:
        path = Path(listening.getsockname())
        listening.close()
        _remove_stale(path)


async def _open(path: Path) -> trio.socket.SocketType:
    return (await trio.open_unix_socket(str(path))).socket


def _remove_stale(path: Path) -> None:
    """Remove a socket at which nobody listens; leave everything else alone."""
    try:
        if not stat.S_ISSOCK(path.lstat().st_mode):
            return
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
            probe.setblocking(False)
            probe.connect(str(path))
    except ConnectionRefusedError:
        path.unlink(missing_ok=True)
    except OSError:
        return  # not there, or alive and busy: bind tells
