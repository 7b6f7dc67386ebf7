"""What a cluster on one machine was made with, and is started with ever after."""

import json
import socket
from collections.abc import Mapping
from typing import Any, Final
from zlib import crc32

import attrs

from kactors.cluster.errors import InvalidTopology
from kactors.cluster.live.errors import (
    ContradictingSettings,
    DataDirectoryBroken,
    LiveClusterError,
)
from kactors.cluster.topology import Topology

__all__ = ["DEFAULT_MASTERS", "DEFAULT_NODES", "NODES_PROCESS", "LiveSettings", "free_endpoints"]

DEFAULT_MASTERS: Final = 3
DEFAULT_NODES: Final = 10
#: The process that holds all nodes; each master has a process of its own name.
NODES_PROCESS: Final = "nodes"

_FORMAT: Final = 1
#: Unless they are set: small files of the log, made longer in steps of several hundred records.
_KNOBS: Final[Mapping[str, Any]] = {
    "etcd.segment_bytes": 16_000_000,
    "etcd.ahead_bytes": 128 * 1024,
}
_ADDRESS: Final = "127.0.0.1"
#: Below the ports from which the system takes those of outgoing connections: a port of ours is not
#: taken by somebody's connection while the cluster is stopped.
_PORTS: Final = range(20_000, 32_000)


def _sorted(knobs: Mapping[str, Any]) -> dict[str, Any]:
    return dict(sorted(knobs.items()))


@attrs.frozen(kw_only=True)
class LiveSettings:
    """A cluster's size, its knobs, and where its hosts listen.

    Attributes:
        masters: how many.
        nodes: how many.
        knobs: settings of components, as `Topology.knobs`; of values that JSON can hold.
        endpoints: ``address:port`` of each host, by its name.

    Raises:
        InvalidTopology: no cluster can be of that size.
    """

    masters: int = DEFAULT_MASTERS
    nodes: int = DEFAULT_NODES
    knobs: dict[str, Any] = attrs.field(factory=dict, converter=_sorted)
    endpoints: dict[str, str] = attrs.field(factory=dict)

    def __attrs_post_init__(self) -> None:
        if self.nodes < 0:
            raise InvalidTopology(f"nodes is {self.nodes}: give 0 or more")
        assert self.topology.masters == self.masters, "who makes a topology checks it"

    @property
    def topology(self) -> Topology:
        """The cluster as both worlds describe one."""
        return Topology.of(self.masters, self.nodes, knobs={**_KNOBS, **self.knobs})

    @property
    def hosts(self) -> tuple[str, ...]:
        """All hosts, masters first."""
        topology = self.topology
        return (*topology.master_names, *topology.node_names)

    @property
    def processes(self) -> tuple[str, ...]:
        """The names of all processes, masters first."""
        return (*self.topology.master_names, *([NODES_PROCESS] if self.nodes else ()))

    def check_same(
        self, *, masters: int | None, nodes: int | None, knobs: Mapping[str, Any]
    ) -> None:
        """See to it that what is asked for now is what the cluster was made with.

        Raises:
            ContradictingSettings: it is not.
        """
        asked = {"masters": masters, "nodes": nodes, "knobs": dict(knobs) or None}
        for name, value in asked.items():
            if value is not None and value != (had := getattr(self, name)):
                raise ContradictingSettings(
                    f"the cluster there was made with {name} {_shown(had)}, not {_shown(value)}: "
                    "leave the option out, or use another directory"
                )

    def to_json(self) -> str:
        """Return what `from_json` reads."""
        return json.dumps({"format": _FORMAT, **attrs.asdict(self)}, indent=2) + "\n"

    @classmethod
    def from_json(cls, text: str) -> "LiveSettings":
        """Return what `to_json` has written.

        Raises:
            DataDirectoryBroken: the text is something else.
        """
        try:
            found = json.loads(text)
            written = found.pop("format")
            if written != _FORMAT:
                raise DataDirectoryBroken(
                    f"the settings are of format {written!r}, this version reads {_FORMAT}: use "
                    "the version that made the cluster"
                )
            return cls(**found)
        except (AttributeError, KeyError, TypeError, ValueError) as problem:
            raise DataDirectoryBroken(f"these are no settings of a cluster: {problem}") from problem


def _shown(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


def free_endpoints(count: int, place: str) -> list[str]:
    """Return endpoints on this machine at which nobody listens now.

    Args:
        count: how many.
        place: whose they are to be; clusters in different places begin to look at different ports.

    Raises:
        LiveClusterError: there are not so many.
    """
    first = crc32(place.encode()) % len(_PORTS)
    found: list[str] = []
    for port in (*_PORTS[first:], *_PORTS[:first]):
        if len(found) == count:
            break
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((_ADDRESS, port))
            except OSError:
                continue
        found.append(f"{_ADDRESS}:{port}")
    if len(found) < count:
        raise LiveClusterError(
            f"{count} free ports are needed between {_PORTS[0]} and {_PORTS[-1]}, {len(found)} "
            "were found: end what has the others, or make a smaller cluster"
        )
    return found
