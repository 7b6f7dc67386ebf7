"""Members, status, snapshots and maintenance: commands of ``kactors etcdctl``."""

from pathlib import Path
from typing import Final

import click
import trio  # noqa: TID251 - a command of the live world

from kactors.actors.errors import RequestError
from kactors.cli.control import Control
from kactors.cli.options import ENDPOINTS, parse_endpoints
from kactors.errors import KactorsError
from kactors.etcd.bootstrap import begin_cluster
from kactors.etcd.client import EtcdClient
from kactors.etcd.config import MemberConfig
from kactors.etcd.errors import EtcdError, LearnerNotReady
from kactors.etcd.member_storage import MemberStorage
from kactors.etcd.member_url import MemberUrl
from kactors.etcd.messages import (
    Alarm,
    AlarmAction,
    Defragment,
    Member,
    StatusResponse,
)
from kactors.etcd.snapshot import load
from kactors.runtime import live, sleep
from kactors.storage.live_disk import LiveDisk


async def find_member(client: EtcdClient, text: str) -> Member:
    """Return the member of this name or ID.

    Raises:
        ClickException: there is none.
    """
    members = await client.members()
    for member in members:
        if text in (member.name, f"{member.id:x}"):
            return member
    known = ", ".join(f"{member.name} ({member.id:x})" for member in members)
    raise click.ClickException(f"there is no member {text!r}: there are {known}")


def _member_line(member: Member) -> str:
    kind = "learner" if member.is_learner else "voter"
    state = "started" if member.client_urls else "unstarted"
    return f"{member.id:x}  {member.name:<12} {kind:<8} {state:<10} {' '.join(member.peer_urls)}"


@click.group()
def member() -> None:
    """List, add, promote, remove and move members."""


@member.command("list")
@click.pass_obj
def member_list(control: Control) -> None:
    """Tell who belongs to the cluster."""

    async def story(client: EtcdClient) -> None:
        members = await client.members()
        control.show(members, "\n".join(map(_member_line, members)))

    control.run(story)


@member.command("add")
@click.argument("name")
@click.argument("endpoint", metavar="ADDRESS:PORT")
@click.pass_obj
def member_add(control: Control, name: str, endpoint: str) -> None:
    """Add the member NAME as a learner; then start it with --initial-cluster-state existing."""

    async def story(client: EtcdClient) -> None:
        answer = await client.member_add(str(MemberUrl(host=name, endpoint=endpoint)))
        control.show(answer, _member_line(answer.member))

    control.run(story)


@member.command("promote")
@click.argument("text", metavar="MEMBER")
@click.option("--wait", is_flag=True, help="Until the learner has caught up.")
@click.pass_obj
def member_promote(control: Control, text: str, wait: bool) -> None:
    """Let the learner MEMBER vote."""

    async def story(client: EtcdClient) -> None:
        found = await find_member(client, text)
        while True:
            try:
                answer = await client.member_promote(found.id)
            except LearnerNotReady:
                if not wait:
                    raise
                await sleep(0.2)
            else:
                break
        control.show(answer, "\n".join(map(_member_line, answer.members)))

    control.run(story)


@member.command("remove")
@click.argument("text", metavar="MEMBER")
@click.pass_obj
def member_remove(control: Control, text: str) -> None:
    """Remove MEMBER for ever."""

    async def story(client: EtcdClient) -> None:
        found = await find_member(client, text)
        answer = await client.member_remove(found.id)
        control.show(answer, "\n".join(map(_member_line, answer.members)))

    control.run(story)


@member.command("update")
@click.argument("text", metavar="MEMBER")
@click.argument("endpoint", metavar="ADDRESS:PORT")
@click.pass_obj
def member_update(control: Control, text: str, endpoint: str) -> None:
    """Say that MEMBER is at another place from now on."""

    async def story(client: EtcdClient) -> None:
        found = await find_member(client, text)
        url = str(MemberUrl(host=found.name, endpoint=endpoint))
        answer = await client.member_update(found.id, url)
        control.show(answer, "\n".join(map(_member_line, answer.members)))

    control.run(story)


@click.command("move-leader")
@click.argument("text", metavar="MEMBER")
@click.pass_obj
def move_leader(control: Control, text: str) -> None:
    """Let MEMBER lead."""

    async def story(client: EtcdClient) -> None:
        found = await find_member(client, text)
        control.show(await client.move_leader(found.id), f"{found.name} leads")

    control.run(story)


@click.command()
@click.pass_obj
def status(control: Control) -> None:
    """Ask every endpoint how it is. Exit status 4 if one does not answer."""

    async def story(client: EtcdClient) -> None:
        silent = 0
        for address in control.addresses:
            try:
                answer = await client.status(address)
            except (RequestError, EtcdError) as problem:
                click.echo(f"{address.host}: {problem}", err=True)
                silent += 1
                continue
            control.show(answer, _status_line(address.host, answer))
        if silent:
            raise click.exceptions.Exit(4)

    control.run(story)


def _status_line(host: str, answer: StatusResponse) -> str:
    leads = answer.leader == answer.header.member_id
    role = "leader" if leads else "learner" if answer.is_learner else "follower"
    return (
        f"{host:<12} {answer.header.member_id:x} {role:<8} term {answer.raft_term} "
        f"applied {answer.raft_applied_index} of {answer.raft_index} "
        f"revision {answer.header.revision} {answer.db_size} bytes {' '.join(answer.errors)}"
    ).rstrip()


@click.command()
@click.argument("revision", type=int)
@click.option("--physical", is_flag=True, help="Wait until it is removed.")
@click.pass_obj
def compact(control: Control, revision: int, physical: bool) -> None:
    """Forget history before REVISION."""

    async def story(client: EtcdClient) -> None:
        answer = await client.compact(revision, physical=physical)
        control.show(answer, f"compacted {revision}")

    control.run(story)


@click.command()
@click.pass_obj
def defrag(control: Control) -> None:
    """Let every endpoint remove what is compacted."""

    async def story(client: EtcdClient) -> None:
        for address in control.addresses:
            answer = await client.session.ask_one(address, Defragment())
            control.show(answer, f"{address.host}: OK")

    control.run(story)


@click.group()
def alarm() -> None:
    """List and disarm alarms."""


@alarm.command("list")
@click.pass_obj
def alarm_list(control: Control) -> None:
    """Tell what is wrong."""

    async def story(client: EtcdClient) -> None:
        answer = await client.session.read(Alarm(AlarmAction.GET))
        lines = [f"{each.member_id:x} {each.alarm.name}" for each in answer.alarms]
        control.show(answer, "\n".join(lines))

    control.run(story)


@alarm.command("disarm")
@click.pass_obj
def alarm_disarm(control: Control) -> None:
    """Say that nothing is wrong any more."""

    async def story(client: EtcdClient) -> None:
        answer = await client.session.write(Alarm(AlarmAction.DEACTIVATE))
        lines = [f"{each.member_id:x} {each.alarm.name}" for each in answer.alarms]
        control.show(answer, "\n".join(lines))

    control.run(story)


@click.group()
def snapshot() -> None:
    """Fetch a snapshot, look at one, begin a new cluster with one."""


@snapshot.command("save")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.pass_obj
def snapshot_save(control: Control, file: Path) -> None:
    """Write all that the first endpoint's store holds to FILE."""

    async def story(client: EtcdClient) -> None:
        data = b"".join([piece async for piece in client.snapshot(control.addresses[0])])
        revision = load([data]).mvcc.revision  # it is whole, or this raises
        new = file.with_name(f"{file.name}.new")
        await trio.Path(new).write_bytes(data)
        await trio.Path(new).replace(file)
        saved = {"file": str(file), "bytes": len(data), "revision": revision}
        control.show(saved, f"{file}: {len(data)} bytes, revision {revision}")

    control.run(story)


@snapshot.command("restore")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--name", required=True, help="Of the member whose directory is prepared.")
@click.option("--data-dir", required=True, type=click.Path(file_okay=False, path_type=Path))
@click.option(
    "--initial-cluster",
    required=True,
    metavar=ENDPOINTS,
    callback=parse_endpoints,
    help="All its members.",
)
@click.option("--token", default="kactors", show_default=True)
@click.pass_obj
def snapshot_restore(
    control: Control,
    file: Path,
    name: str,
    data_dir: Path,
    initial_cluster: dict[str, str],
    token: str,
) -> None:
    """Prepare the data directory of a member of a new cluster that begins with FILE.

    Do it for every member, with the same FILE; then start them. Nobody is asked over the network.
    """

    async def prepare() -> int:
        initial = tuple(
            [(n, str(MemberUrl(host=n, endpoint=e))) for n, e in initial_cluster.items()]
        )
        config = MemberConfig(name=name, initial=initial, token=token)
        store = load([file.read_bytes()])
        revision = store.mvcc.revision
        with LiveDisk(data_dir) as disk:
            if await MemberStorage.exists(disk):
                raise click.ClickException(f"{data_dir} holds a member: choose an empty directory")
            await begin_cluster(disk, config, store)
        return revision

    try:
        revision = live.run(prepare)
    except (KactorsError, OSError) as problem:
        raise click.ClickException(str(problem)) from problem
    control.show({"revision": revision}, f"{data_dir}: begins at revision {revision}")


COMMANDS: Final[tuple[click.Command, ...]] = (
    member,
    move_leader,
    status,
    compact,
    defrag,
    alarm,
    snapshot,
)
