"""The guide to hosting actors in an asyncio program keeps what it says."""

import asyncio
from typing import Any

import pytest
from click.testing import CliRunner

from tests.guides.programs import load

guide = load("asyncio_host")

pytestmark = pytest.mark.live


def test_customers_get_what_there_is_and_not_more() -> None:
    """A hundred at once, on two loops in one thread: as in the guide."""
    result = CliRunner().invoke(guide.main, ["--shop", "100"])

    assert result.exit_code == 0
    assert result.output == "apples: 50 sold, 10 left\npears: 20 sold, 0 left\n"


def test_the_shop_answers_as_a_web_server_does() -> None:
    """A delivery is taken note of, and a wrong path is refused."""

    async def visit() -> list[tuple[str, dict[str, object]]]:
        async with guide.open_shop(port=0) as port:
            return [
                await guide.customer(port, path)
                for path in ("/deliver/plums", "/take/plums", "/take/nothing", "/steal/apples", "/")
            ]

    delivered, taken, nothing, stolen, root = asyncio.run(visit())

    assert delivered == ("202 Accepted", {})
    assert taken == ("200 OK", {"item": "plums", "taken": 1, "left": 9})
    assert nothing == ("200 OK", {"item": "nothing", "taken": 0, "left": 0})
    assert stolen[0] == root[0] == "404 Not Found"


def test_garbage_ends_its_connection_only() -> None:
    """What is no HTTP is hung up on; the next customer is served."""

    async def visit() -> tuple[bytes, str]:
        async with guide.open_shop(port=0) as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"\xff\xfe\r\n")
            hung_up = await reader.read()
            writer.close()
            return hung_up, (await guide.customer(port, "/take/pears"))[0]

    assert asyncio.run(visit()) == (b"", "200 OK")


def test_a_shelf_that_is_gone_is_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    """The request's error becomes the web's."""

    async def take_elsewhere(system: Any, item: str) -> None:
        await system.ref("back/nobody").request(guide.Take(item))

    async def visit() -> tuple[str, dict[str, object]]:
        async with guide.open_shop(port=0) as port:
            answer: tuple[str, dict[str, object]] = await guide.customer(port, "/take/apples")
            return answer

    monkeypatch.setattr(guide, "take", take_elsewhere)

    status, answer = asyncio.run(visit())

    assert status == "503 Service Unavailable"
    assert "back/nobody" in str(answer["error"])
