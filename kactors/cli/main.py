"""``kactors``: the command line. Each command's module is loaded when it is asked for."""

from collections.abc import Mapping
from importlib import import_module
from typing import Final

import click

from kactors import __version__

#: Command -> the module and the name in it.
COMMANDS: Final[Mapping[str, str]] = {
    "apply": "kactors.cli.apply:apply",
    "bench": "kactors.cli.bench:bench",
    "certs": "kactors.cli.certs:certs",
    "check": "kactors.cli.check:check",
    "corpus": "kactors.cli.corpus:corpus",
    "delete": "kactors.cli.delete:delete",
    "etcd": "kactors.cli.etcd:etcd",
    "etcdctl": "kactors.cli.etcdctl:etcdctl",
    "get": "kactors.cli.get:get",
    "hunt": "kactors.cli.hunt:hunt",
    "list": "kactors.cli.list:show_list",
    "mutants": "kactors.cli.mutants:mutants",
    "raft": "kactors.cli.raft:raft",
    "replay": "kactors.cli.replay:replay",
    "run": "kactors.cli.run:run",
    "shrink": "kactors.cli.shrink:shrink",
    "up": "kactors.cli.up:up",
    "verify": "kactors.cli.verify:verify",
}


class LazyGroup(click.Group):
    """A group whose commands are imported one by one, so that each starts fast."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands, sorted."""
        del ctx
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command; None if there is no such command."""
        del ctx
        place = COMMANDS.get(cmd_name)
        if place is None:
            return None
        module, _, name = place.partition(":")
        found = getattr(import_module(module), name)
        assert isinstance(found, click.Command), f"{place} is no command"
        return found


@click.command(cls=LazyGroup)
@click.version_option(__version__, prog_name="kactors")
def main() -> None:
    """Kubernetes as actors: run it, break it, measure it."""


if __name__ == "__main__":
    main()
