"""The listener: what it does when the system runs short."""

import os
import resource
from pathlib import Path

import pytest
import trio  # noqa: TID251 - the live transports run on trio

from tests.transport.envelopes import envelope
from tests.transport.stations import in_trio, place

pytestmark = pytest.mark.live


def next_descriptor() -> int:
    """Return the number that the next open file will get."""
    number = os.dup(0)
    os.close(number)
    return number


@in_trio
async def test_without_descriptors_it_waits_for_better_times(tmp_path: Path) -> None:
    """A process that has no descriptor left counts it, and accepts again once it has."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    async with place("tcp", tmp_path) as here:
        server = await here.open("server")
        host, port = server.endpoint.split(":")
        with trio.socket.socket() as early:
            try:
                resource.setrlimit(resource.RLIMIT_NOFILE, (next_descriptor(), hard))
                await early.connect((host, int(port)))
                await server.wait_counted("failed: accept: EMFILE")
            finally:
                resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
            honest = await here.open("honest", listen=None, peers={"server": server.endpoint})
            honest.transport.send(envelope("honest", "server"))

            await server.wait_received(1)
