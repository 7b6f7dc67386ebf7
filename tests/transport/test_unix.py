"""What is the unix sockets' own: paths, modes, stale files, other users."""

import os
import socket
from pathlib import Path

import pytest

from kactors.transport.errors import EndpointError
from kactors.transport.unix import UnixTransport, socket_path
from tests.transport.envelopes import envelope
from tests.transport.stations import in_trio, place, stranger


def test_endpoints() -> None:
    """An endpoint is a path after its scheme."""
    assert socket_path("unix:/run/kactors/a") == Path("/run/kactors/a")


@pytest.mark.parametrize("text", ["", "unix:", "/run/a", "127.0.0.1:1", "unix:a\0b"])
def test_what_is_no_endpoint(text: str) -> None:
    """Other texts are refused, with an example of how it is written."""
    with pytest.raises(EndpointError, match="unix:/some/path"):
        socket_path(text)


def test_a_path_too_long_for_a_socket() -> None:
    """Socket paths are short by nature, and the error says how short."""
    with pytest.raises(EndpointError, match="at most 107 bytes"):
        UnixTransport(host="a", incarnation=1, listen=f"unix:/{'x' * 107}", peers={})


@pytest.mark.live
class TestLive:
    """Over real sockets."""

    @in_trio
    async def test_the_file_is_its_owners(self, tmp_path: Path) -> None:
        """Only the owner may connect, and the file goes with the transport."""
        async with place("unix", tmp_path) as here:
            a = await here.open("a")
            path = socket_path(a.endpoint)

            assert path.stat().st_mode & 0o777 == 0o600
            await a.transport.aclose()
            assert not path.exists()

    @in_trio
    async def test_a_file_that_a_dead_process_left_is_replaced(self, tmp_path: Path) -> None:
        """A crash leaves its socket behind; the next life listens there all the same."""
        path = tmp_path / "a"
        with socket.socket(socket.AF_UNIX) as dead:
            dead.bind(str(path))
        async with place("unix", tmp_path) as here:
            a = await here.open("a", listen=f"unix:{path}")
            b = await here.open("b", peers={"a": a.endpoint})

            b.transport.send(envelope("b", "a"))

            await a.wait_received(1)

    @in_trio
    async def test_a_file_of_another_sort_is_left_alone(self, tmp_path: Path) -> None:
        """What is no socket is not removed."""
        path = tmp_path / "a"
        path.write_text("precious")
        async with place("unix", tmp_path) as here:
            a = here.make("a", listen=f"unix:{path}")

            with pytest.raises(EndpointError, match="cannot listen at"):
                await a.transport.start(a.received.append, here.nursery)

        assert path.read_text() == "precious"

    @in_trio
    async def test_a_directory_that_is_not_there(self, tmp_path: Path) -> None:
        """A place that cannot be had is named."""
        async with place("unix", tmp_path) as here:
            a = here.make("a", listen=f"unix:{tmp_path}/none/a")

            with pytest.raises(EndpointError, match="No such file"):
                await a.transport.start(a.received.append, here.nursery)

    @in_trio
    async def test_a_process_of_another_user_is_refused(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Whoever got hold of the socket under another user's name gets no further."""
        async with place("unix", tmp_path) as here:
            server = await here.open("server")
            mine = os.geteuid()
            monkeypatch.setattr(os, "geteuid", lambda: mine + 1)

            async with stranger(server.endpoint) as mallory:
                await mallory.wait_closed()

            await server.wait_counted("failed: other user")
            assert server.transport.endings()[-1].text.startswith(f"the peer runs as user {mine}")
