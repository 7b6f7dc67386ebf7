"""The directory in which a cluster on one machine lives.

===================  ==========================================================
``cluster.json``     what it was made with (`LiveSettings`)
``pki/``             certificates, keys and tokens (`identities`)
``hosts/HOST/``      the disk of each host; etcd's data are on those of masters
``logs/PROCESS.log`` what the processes have said
===================  ==========================================================
"""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import attrs

from kactors.cluster.live import identities
from kactors.cluster.live.errors import DataDirectoryBroken, NoCluster
from kactors.cluster.live.settings import (
    DEFAULT_MASTERS,
    DEFAULT_NODES,
    LiveSettings,
    free_endpoints,
)
from kactors.transport.ca import write_file

__all__ = ["SUPERVISOR", "DataDirectory"]

#: The host that the supervisor plays when it looks after the cluster.
SUPERVISOR: Final = "supervisor"
_MODE: Final = 0o600


@attrs.frozen
class DataDirectory:
    """Where everything of one cluster is.

    Attributes:
        root: the directory.
    """

    root: Path = attrs.field(converter=Path)

    @property
    def pki(self) -> Path:
        """Certificates, keys and tokens."""
        return self.root / "pki"

    def disk_of(self, host: str) -> Path:
        """Return the root of a host's disk."""
        return self.root / "hosts" / host

    def log_of(self, process: str) -> Path:
        """Return the file of what a process says."""
        return self.root / "logs" / f"{process}.log"

    @property
    def _settings(self) -> Path:
        return self.root / "cluster.json"

    def settings(self) -> LiveSettings:
        """Return what the cluster was made with.

        Raises:
            NoCluster: there is none.
            DataDirectoryBroken: nobody knows.
        """
        try:
            return LiveSettings.from_json(self._settings.read_text(encoding="utf-8"))
        except FileNotFoundError as problem:
            raise NoCluster(
                f"there is no cluster in {str(self.root)!r}: make one with `kactors up`, or say "
                "where it is with --data"
            ) from problem
        except (OSError, UnicodeDecodeError, DataDirectoryBroken) as problem:
            raise DataDirectoryBroken(f"cannot read {self._settings}: {problem}") from problem

    def prepare(
        self,
        *,
        masters: int | None,
        nodes: int | None,
        knobs: Mapping[str, Any],
        now: datetime,
    ) -> LiveSettings:
        """Make the cluster's files where they are not there yet; return its settings.

        Args:
            masters: how many; what the cluster has, or the default, if not said.
            nodes: likewise.
            knobs: of a new cluster; empty says nothing about one that is there.
            now: an aware time.

        Raises:
            ContradictingSettings: the cluster that is there was made with others.
            InvalidTopology: no cluster can be made with these.
            LiveClusterError, TlsError, OSError: the files cannot be had.
        """
        try:
            settings = self.settings()
        except NoCluster:
            settings = self._new(
                masters=DEFAULT_MASTERS if masters is None else masters,
                nodes=DEFAULT_NODES if nodes is None else nodes,
                knobs=knobs,
            )
        else:
            settings.check_same(masters=masters, nodes=nodes, knobs=knobs)
        everybody = (*settings.hosts, SUPERVISOR, *identities.client_hosts())
        identities.ensure(self.pki, everybody, now=now)
        if not self._settings.exists():
            self._check(settings)
            write_file(self._settings, settings.to_json().encode(), mode=_MODE)
        return settings

    def _check(self, settings: LiveSettings) -> None:
        """Make what the processes will make, so that a bad knob is found before them."""
        # Commands that only read the settings do without all components.
        from kactors.cluster.control_plane import masters
        from kactors.cluster.plan import Blueprint
        from kactors.cluster.workers import nodes

        blueprint = Blueprint(settings.topology, identities.token_authority(self.pki))
        blueprint.check_knobs()
        for plan in (*masters(blueprint), *nodes(blueprint)):
            assert plan.actors, f"nothing runs on {plan.name}"

    def _new(self, **wanted: Any) -> LiveSettings:
        settings = LiveSettings(**wanted)
        self.root.mkdir(parents=True, exist_ok=True)
        endpoints = free_endpoints(len(settings.hosts), str(self.root.resolve()))
        return attrs.evolve(settings, endpoints=dict(zip(settings.hosts, endpoints, strict=True)))
