"""Keys, watches and transactions: commands of ``kactors etcdctl``."""

from typing import Final

import click

from kactors.cli.control import Control, text_of
from kactors.etcd.client import EtcdClient
from kactors.etcd.client_txn import Subject
from kactors.etcd.messages import (
    Compare,
    CompareTarget,
    DeleteRange,
    EventType,
    KeyValue,
    Operation,
    Put,
    Range,
    SortOrder,
    SortTarget,
    Txn,
    Watch,
)

_OPERATORS: Final = {"=": "equals", "!=": "differs", ">": "greater", "<": "less"}
_TARGETS: Final = {
    "value": CompareTarget.VALUE,
    "version": CompareTarget.VERSION,
    "create": CompareTarget.CREATE,
    "mod": CompareTarget.MOD,
    "lease": CompareTarget.LEASE,
}


def prefix_end(key: bytes) -> bytes:
    """Return the key after all that begin with ``key``; a zero byte, the end of all, if none is."""
    stripped = key.rstrip(b"\xff")
    return stripped[:-1] + bytes([stripped[-1] + 1]) if stripped else b"\0"


def _range_of(key: str, end: str | None, *, prefix: bool) -> tuple[bytes, bytes]:
    first = key.encode()
    if prefix:
        return first or b"\0", prefix_end(first)
    return first, b"" if end is None else end.encode()


def _lines(kvs: tuple[KeyValue, ...], *, values: bool = True) -> str:
    return "\n".join(
        part
        for kv in kvs
        for part in ((text_of(kv.key), text_of(kv.value)) if values else (text_of(kv.key),))
    )


@click.command()
@click.argument("key")
@click.argument("value")
@click.option("--lease", type=int, default=0, help="The key goes with this lease.")
@click.option("--prev-kv", is_flag=True, help="Show what was there before.")
@click.pass_obj
def put(control: Control, key: str, value: str, lease: int, prev_kv: bool) -> None:
    """Write VALUE to KEY."""

    async def story(client: EtcdClient) -> None:
        answer = await client.put(key.encode(), value.encode(), lease=lease, prev_kv=prev_kv)
        before = _lines((answer.prev_kv,)) if answer.prev_kv is not None else ""
        control.show(answer, f"OK\n{before}".rstrip())

    control.run(story)


@click.command()
@click.argument("key")
@click.argument("end", required=False)
@click.option("--prefix", is_flag=True, help="All keys that begin with KEY.")
@click.option("--limit", type=int, default=0, help="At most so many.")
@click.option("--rev", type=int, default=0, help="At this revision.")
@click.option("--sort-by", type=click.Choice([target.name.lower() for target in SortTarget]))
@click.option("--descend", is_flag=True, help="The last first.")
@click.option("--keys-only", is_flag=True, help="No values.")
@click.option("--serializable", is_flag=True, help="From whichever member, perhaps a little old.")
@click.pass_obj
def get(
    control: Control,
    key: str,
    end: str | None,
    prefix: bool,
    limit: int,
    rev: int,
    sort_by: str | None,
    descend: bool,
    keys_only: bool,
    serializable: bool,
) -> None:
    """Read KEY, or the keys from KEY to before END."""
    first, last = _range_of(key, end, prefix=prefix)
    request = Range(
        first,
        last,
        limit=limit,
        revision=rev,
        sort_order=SortOrder.DESCEND if descend else SortOrder.ASCEND,
        sort_target=SortTarget[(sort_by or "key").upper()],
        serializable=serializable,
        keys_only=keys_only,
    )

    async def story(client: EtcdClient) -> None:
        answer = await client.range(request)
        control.show(answer, _lines(answer.kvs, values=not keys_only))

    control.run(story)


@click.command("del")
@click.argument("key")
@click.argument("end", required=False)
@click.option("--prefix", is_flag=True, help="All keys that begin with KEY.")
@click.option("--prev-kv", is_flag=True, help="Show what was there before.")
@click.pass_obj
def delete(control: Control, key: str, end: str | None, prefix: bool, prev_kv: bool) -> None:
    """Delete KEY, or the keys from KEY to before END."""
    first, last = _range_of(key, end, prefix=prefix)

    async def story(client: EtcdClient) -> None:
        answer = await client.delete(first, last, prev_kv=prev_kv)
        control.show(answer, f"{answer.deleted}\n{_lines(answer.prev_kvs)}".rstrip())

    control.run(story)


@click.command()
@click.argument("key")
@click.argument("end", required=False)
@click.option("--prefix", is_flag=True, help="All keys that begin with KEY.")
@click.option("--rev", type=int, default=0, help="From this revision on.")
@click.option("--prev-kv", is_flag=True, help="Show what was there before, too.")
@click.option("--progress-notify", is_flag=True, help="Tell now and then how far it is.")
@click.option("--count", type=int, default=0, help="End after so many events; 0 is never.")
@click.pass_obj
def watch(
    control: Control,
    key: str,
    end: str | None,
    prefix: bool,
    rev: int,
    prev_kv: bool,
    progress_notify: bool,
    count: int,
) -> None:
    """Tell what happens to KEY, or to the keys from KEY to before END, until Ctrl-C."""
    first, last = _range_of(key, end, prefix=prefix)
    request = Watch(first, last, rev, progress_notify, prev_kv=prev_kv, fragment=True)

    async def story(client: EtcdClient) -> None:
        seen = 0
        async with client.watch(request) as responses:
            async for response in responses:
                lines = []
                for event in response.events:
                    lines.append("DELETE" if event.type is EventType.DELETE else "PUT")
                    if event.prev_kv is not None:
                        lines.append(_lines((event.prev_kv,)))
                    lines.append(_lines((event.kv,)))
                control.show(response, "\n".join(lines))
                seen += len(response.events)
                if 0 < count <= seen:
                    return

    control.run(story)


@click.command()
@click.option(
    "--if",
    "conditions",
    multiple=True,
    nargs=4,
    metavar="WHAT KEY SIGN OPERAND",
    help="WHAT is value, version, create, mod or lease; SIGN is =, !=, < or >.",
)
@click.option("--put", "puts", multiple=True, nargs=2, metavar="KEY VALUE", help="If all hold.")
@click.option("--del", "deletes", multiple=True, metavar="KEY", help="If all hold.")
@click.option("--get", "gets", multiple=True, metavar="KEY", help="If all hold.")
@click.option("--else-put", "else_puts", multiple=True, nargs=2, metavar="KEY VALUE")
@click.option("--else-del", "else_deletes", multiple=True, metavar="KEY")
@click.option("--else-get", "else_gets", multiple=True, metavar="KEY")
@click.pass_obj
def txn(
    control: Control,
    conditions: tuple[tuple[str, str, str, str], ...],
    puts: tuple[tuple[str, str], ...],
    deletes: tuple[str, ...],
    gets: tuple[str, ...],
    else_puts: tuple[tuple[str, str], ...],
    else_deletes: tuple[str, ...],
    else_gets: tuple[str, ...],
) -> None:
    """Do several things at one revision, if all conditions hold; else others.

    Within a branch, puts come first, then deletions, then reads.

    Example: kactors etcdctl ... txn --if mod counter = 7 --put counter 8 --else-get counter
    """
    request = Txn(
        tuple(map(condition, conditions)),
        _branch(puts, deletes, gets),
        _branch(else_puts, else_deletes, else_gets),
    )

    async def story(client: EtcdClient) -> None:
        answer = await client.txn(request)
        lines = ["SUCCESS" if answer.succeeded else "FAILURE"]
        for response in answer.responses:
            kvs = getattr(response, "kvs", None)
            lines.append("OK" if kvs is None else _lines(kvs))
        control.show(answer, "\n".join(line for line in lines if line))

    control.run(story)


def condition(words: tuple[str, str, str, str]) -> Compare:
    """Read one condition.

    Raises:
        UsageError: a word is none of those it may be.
    """
    what, key, sign, operand = words
    if what not in _TARGETS or sign not in _OPERATORS:
        raise click.UsageError(
            f"--if {' '.join(words)}: the first word is one of {', '.join(_TARGETS)}, the third "
            f"one of {' '.join(_OPERATORS)}"
        )
    subject = Subject(_TARGETS[what], key.encode())
    if what != "value" and not operand.lstrip("-").isdigit():
        raise click.UsageError(f"--if {' '.join(words)}: {what} is compared with a number")
    value: bytes | int = operand.encode() if what == "value" else int(operand)
    compare = getattr(subject, _OPERATORS[sign])(value)
    assert isinstance(compare, Compare), "every operator makes a comparison"
    return compare


def _branch(
    puts: tuple[tuple[str, str], ...], deletes: tuple[str, ...], gets: tuple[str, ...]
) -> tuple[Operation, ...]:
    return (
        *(Put(key.encode(), value.encode()) for key, value in puts),
        *(DeleteRange(key.encode()) for key in deletes),
        *(Range(key.encode()) for key in gets),
    )


COMMANDS: Final[tuple[click.Command, ...]] = (put, get, delete, watch, txn)
