"""What the commands of ``kactors etcdctl`` share: the connection, and how answers are shown."""

import json
from collections.abc import Awaitable, Callable
from typing import Any, Final

import attrs
import click
import trio  # noqa: TID251 - a command of the live world

from kactors.actors.errors import RequestError
from kactors.errors import KactorsError
from kactors.etcd.client import EtcdClient
from kactors.etcd.client_errors import ClusterUnavailable, OutcomeUnknown
from kactors.etcd.process import connect
from kactors.transport.envelope import Address
from kactors.transport.tls import TlsConfig

#: Exit statuses beyond click's own (1 for a refusal, 2 for wrong usage).
EXIT_UNKNOWN: Final = 3
EXIT_UNAVAILABLE: Final = 4

Story = Callable[[EtcdClient], Awaitable[None]]


@attrs.frozen
class Control:
    """What the commands of a group share.

    Attributes:
        endpoints: of members, by host.
        as_json: whether to speak to programs.
    """

    endpoints: dict[str, str]
    as_json: bool
    _host: str
    _tls: TlsConfig | None
    _timeout: float

    @property
    def addresses(self) -> list[Address]:
        """Return where the members' actors are."""
        return [Address(host, "etcd") for host in self.endpoints]

    def run(self, story: Story) -> None:
        """Be a client for as long as ``story`` takes.

        Raises:
            ClickException: the cluster refused.
            Exit: the outcome is unknown, or nobody answered; standard error says which.
        """

        async def play() -> None:
            async with connect(
                self.endpoints, host=self._host, tls=self._tls, timeout=self._timeout
            ) as client:
                await story(client)

        try:
            trio.run(play)
        except OutcomeUnknown as problem:
            click.echo(f"Unknown: {problem}", err=True)
            raise click.exceptions.Exit(EXIT_UNKNOWN) from problem
        except (ClusterUnavailable, RequestError) as problem:
            click.echo(f"Unavailable: {problem}", err=True)
            raise click.exceptions.Exit(EXIT_UNAVAILABLE) from problem
        except KactorsError as problem:
            raise click.ClickException(str(problem)) from problem
        except KeyboardInterrupt:
            raise click.exceptions.Exit(130) from None

    def show(self, answer: object, text: str) -> None:
        """Print an answer: as one line of JSON, or as text for people (nothing if empty)."""
        if self.as_json:
            click.echo(json.dumps(plain(answer)))
        elif text:
            click.echo(text)


def plain(value: Any) -> Any:
    """Return an answer as JSON can hold it; bytes as text, in which others are escaped."""
    if isinstance(value, bytes):
        return text_of(value)
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        return {name: plain(field) for name, field in value._asdict().items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if attrs.has(type(value)):
        return {
            field.name: plain(getattr(value, field.name)) for field in attrs.fields(type(value))
        }
    return value


def text_of(data: bytes) -> str:
    """Return bytes as text; what is no UTF-8 is escaped."""
    return data.decode("utf-8", "backslashreplace")
