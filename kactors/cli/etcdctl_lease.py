"""Leases: commands of ``kactors etcdctl``."""

import click

from kactors.cli.control import Control, text_of
from kactors.etcd.client import EtcdClient
from kactors.etcd.messages import LeaseLeases


@click.group()
def lease() -> None:
    """Begin, keep alive and end leases."""


@lease.command("grant")
@click.argument("ttl", type=click.IntRange(min=1))
@click.option("--id", "name", type=int, default=0, help="Its name; else one is chosen.")
@click.pass_obj
def lease_grant(control: Control, ttl: int, name: int) -> None:
    """Begin a lease of TTL seconds."""

    async def story(client: EtcdClient) -> None:
        answer = await client.grant(ttl, name)
        control.show(answer, f"{answer.id} {answer.ttl} s")

    control.run(story)


@lease.command("revoke")
@click.argument("name", type=int, metavar="ID")
@click.pass_obj
def lease_revoke(control: Control, name: int) -> None:
    """End a lease, and delete its keys."""

    async def story(client: EtcdClient) -> None:
        control.show(await client.revoke(name), "OK")

    control.run(story)


@lease.command("keep-alive")
@click.argument("name", type=int, metavar="ID")
@click.option("--once", is_flag=True, help="And not for ever.")
@click.pass_obj
def lease_keep_alive(control: Control, name: int, once: bool) -> None:
    """Keep a lease alive until Ctrl-C."""

    async def story(client: EtcdClient) -> None:
        async for answer in client.keep_alive(name):
            control.show(answer, f"{answer.id} {answer.ttl} s")
            if once:
                return

    control.run(story)


@lease.command("timetolive")
@click.argument("name", type=int, metavar="ID")
@click.pass_obj
def lease_time_to_live(control: Control, name: int) -> None:
    """Tell how long a lease has left, and its keys."""

    async def story(client: EtcdClient) -> None:
        answer = await client.time_to_live(name, keys=True)
        keys = " ".join(map(text_of, answer.keys))
        control.show(answer, f"{answer.ttl} of {answer.granted_ttl} s {keys}".rstrip())

    control.run(story)


@lease.command("list")
@click.pass_obj
def lease_list(control: Control) -> None:
    """Tell which leases there are."""

    async def story(client: EtcdClient) -> None:
        answer = await client.session.read(LeaseLeases())
        control.show(answer, "\n".join(map(str, answer.ids)))

    control.run(story)
