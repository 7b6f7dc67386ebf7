"""A web server on asyncio that has its stock kept by actors.

``python asyncio_host.py`` serves ``http://127.0.0.1:8080/take/apples`` until interrupted;
``python asyncio_host.py --shop 100`` serves itself a hundred customers and ends. The guide is
`asyncio_host.md`.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import click

from kactors.actors import Actor, Request, RequestError, System, handles, serves
from kactors.actors.live_world import LiveWorld
from kactors.runtime import sleep_forever
from kactors.runtime.live import GuestRun, start_guest_run
from kactors.transport.memory import MemoryHub
from kactors.wire import message

STOCK = {"apples": 60, "pears": 20}


@message("shop.taken")
class Taken:
    """What a customer got, and what is left of it."""

    count: int
    left: int


@message("shop.take")
class Take(Request[Taken]):
    """Ask for one item."""

    item: str


@message("shop.delivery")
class Delivery:
    """More has arrived; nobody answers."""

    item: str
    count: int


class Shelf(Actor):
    """Knows what is there. Two customers at once are no problem: messages come one by one."""

    def __init__(self) -> None:
        self.stock = dict(STOCK)

    @serves
    def take(self, request: Take) -> Taken:
        """Give one, if there is one."""
        there = self.stock.get(request.item, 0)
        taken = min(1, there)
        self.stock[request.item] = there - taken
        return Taken(count=taken, left=there - taken)

    @handles
    def deliver(self, arrived: Delivery) -> None:
        """Put it on the shelf."""
        self.stock[arrived.item] = self.stock.get(arrived.item, 0) + arrived.count


async def actors(ready: "asyncio.Future[System]") -> None:
    """Run the actor system: this, and all it starts, runs on trio."""
    hub = MemoryHub()
    async with LiveWorld() as world:
        back = world.add_host("back", lambda _incarnation: hub.transport("back"))
        back.deploy(Shelf, "shelf")
        front = world.add_host("front", lambda _incarnation: hub.transport("front"))
        ready.set_result(front.system)
        await sleep_forever()


async def take(system: System, item: str) -> Taken:
    """Ask the shelf. Called from asyncio, run on trio."""
    return await system.ref("back/shelf").request(Take(item), timeout=1.0)


class Shop:
    """Serves the web on asyncio."""

    def __init__(self, guest: GuestRun, system: System) -> None:
        self.guest = guest
        self.system = system

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one connection's requests: ``GET /take/<item>``."""
        try:
            while line := await reader.readline():
                _method, path, _version = line.decode("ascii").split()
                while (await reader.readline()).strip():
                    pass  # the headers say nothing that we need
                status, answer = await self.answer(path)
                body = json.dumps(answer).encode()
                head = f"HTTP/1.1 {status}\r\ncontent-length: {len(body)}\r\n\r\n"
                writer.write(head.encode() + body)
                await writer.drain()
        except (ValueError, ConnectionError):
            pass  # it was no HTTP, or the customer has gone
        finally:
            writer.close()

    async def answer(self, path: str) -> tuple[str, dict[str, object]]:
        """Find the answer to a request."""
        _, verb, item = (*path.split("/"), "", "")[:3]
        if verb == "deliver":  # a one-way message needs no call: it is only handed over
            self.system.ref("back/shelf").send(Delivery(item, 10))
            return "202 Accepted", {}
        if verb != "take":
            return "404 Not Found", {"error": f"{path} is neither /take/... nor /deliver/..."}
        try:
            taken = await self.guest.call(take, self.system, item)
        except RequestError as error:
            return "503 Service Unavailable", {"error": str(error)}
        return "200 OK", {"item": item, "taken": taken.count, "left": taken.left}


@asynccontextmanager
async def open_shop(port: int) -> AsyncIterator[int]:
    """Start the guest and the server; yield the port. Both are gone afterwards."""
    ready: asyncio.Future[System] = asyncio.get_running_loop().create_future()
    guest = start_guest_run(actors, ready)
    try:
        shop = Shop(guest, await ready)
        server = await asyncio.start_server(shop.serve, "127.0.0.1", port)
        async with server:
            yield server.sockets[0].getsockname()[1]
    finally:
        guest.cancel()
        with suppress(asyncio.CancelledError):
            await guest  # trio tidies up before the loop ends


async def customer(port: int, path: str) -> tuple[str, dict[str, object]]:
    """Send one request; return the status and the answer."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(f"GET {path} HTTP/1.1\r\nhost: shop\r\n\r\n".encode())
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        status, length = head.splitlines()[0], head.splitlines()[1].split()[1]
        return status.partition(" ")[2], json.loads(await reader.readexactly(int(length)))
    finally:
        writer.close()


async def go_shopping(customers: int) -> dict[str, int]:
    """Serve that many customers at once, half of them apples; return what was sold of each."""
    sold = dict.fromkeys(STOCK, 0)
    async with open_shop(port=0) as port:
        items = [list(STOCK)[number % 2] for number in range(customers)]
        answers = await asyncio.gather(*(customer(port, f"/take/{item}") for item in items))
        for item, (_status, answer) in zip(items, answers, strict=True):
            sold[item] += int(str(answer["taken"]))
    return sold


async def serve_for_ever() -> None:
    """Serve until interrupted."""
    async with open_shop(port=8080) as port:
        click.echo(f"serving http://127.0.0.1:{port}/take/apples")
        await asyncio.Event().wait()


@click.command()
@click.option("--shop", type=int, help="Serve that many customers of our own, and end.")
def main(*, shop: int | None) -> None:
    """Keep a shop on asyncio whose stock is kept by actors."""
    if shop is None:
        asyncio.run(serve_for_ever())
    else:
        for item, count in asyncio.run(go_shopping(shop)).items():
            click.echo(f"{item}: {count} sold, {STOCK[item] - count} left")


if __name__ == "__main__":
    main()
