"""The directory of a cluster: made once, and the same ever after."""

import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from kactors.apiserver.authentication.user import User
from kactors.cluster.errors import InvalidTopology
from kactors.cluster.live import identities
from kactors.cluster.live.data_directory import SUPERVISOR, DataDirectory
from kactors.cluster.live.errors import (
    ContradictingSettings,
    DataDirectoryBroken,
    LiveClusterError,
    NoCluster,
)
from kactors.cluster.live.settings import LiveSettings
from kactors.transport.certificate import load_tls

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def prepare(directory: DataDirectory, now: datetime = NOW) -> LiveSettings:
    """Make the files of a small cluster, or find them."""
    return directory.prepare(masters=1, nodes=1, knobs={}, now=now)


def contents(directory: DataDirectory) -> dict[str, bytes]:
    """Return all files by their names."""
    files = [path for path in directory.root.rglob("*") if path.is_file()]
    return {str(path): path.read_bytes() for path in files}


def test_a_second_time_changes_nothing(tmp_path: Path) -> None:
    """Not the ports, not the certificates, not the keys."""
    directory = DataDirectory(tmp_path / "data")
    settings = prepare(directory)
    before = contents(directory)

    assert prepare(directory) == settings == directory.settings()
    assert contents(directory) == before


def test_everybody_has_a_certificate(tmp_path: Path) -> None:
    """Hosts, the supervisor, and as many commands as may run at one time."""
    directory = DataDirectory(tmp_path)
    prepare(directory)
    for host in ("m1", "n1", SUPERVISOR, *identities.client_hosts()):
        load_tls(directory.pki, host, now=NOW)  # raises unless all is well


def test_certificates_are_issued_anew_before_they_end(tmp_path: Path) -> None:
    """By the same authority, so that those of others stay good."""
    directory = DataDirectory(tmp_path)
    prepare(directory)
    authority = (directory.pki / "ca.crt").read_bytes()

    later = NOW + timedelta(days=340)
    prepare(directory, later)

    load_tls(directory.pki, "m1", now=later + timedelta(days=300))  # raises unless it is good
    assert (directory.pki / "ca.crt").read_bytes() == authority


def test_what_was_interrupted_is_completed(tmp_path: Path) -> None:
    """A directory without settings, but with keys, becomes a cluster that has these keys."""
    directory = DataDirectory(tmp_path)
    prepare(directory)
    before = contents(directory)
    (tmp_path / "cluster.json").unlink()
    (directory.pki / "admin.token").unlink()
    (directory.pki / "n1.key").unlink()

    prepare(directory)

    after = contents(directory)
    assert after.keys() == before.keys()
    key = str(directory.pki / "sa.key")
    assert after[key] == before[key]


def test_secrets_are_for_their_owner(tmp_path: Path) -> None:
    """Keys and tokens can be read by nobody else."""
    directory = DataDirectory(tmp_path)
    prepare(directory)
    secrets = [*directory.pki.glob("*.key"), directory.pki / "admin.token"]
    assert len(secrets) > 4
    assert {stat.S_IMODE(path.stat().st_mode) for path in secrets} == {0o600}


def test_the_token_is_an_administrator_s(tmp_path: Path) -> None:
    """The cluster's own authority says so."""
    directory = DataDirectory(tmp_path)
    prepare(directory)
    user = identities.token_authority(directory.pki).read(identities.admin_token(directory.pki))
    assert isinstance(user, User)
    assert "system:masters" in user.groups


def test_there_is_no_cluster(tmp_path: Path) -> None:
    """The message says how to make one, or where to look."""
    with pytest.raises(NoCluster, match=r"`kactors up`, or say where it is with --data"):
        DataDirectory(tmp_path).settings()


def test_broken_files(tmp_path: Path) -> None:
    """The message says which."""
    (tmp_path / "cluster.json").write_text("{")
    with pytest.raises(DataDirectoryBroken, match=r"cluster\.json"):
        DataDirectory(tmp_path).settings()
    with pytest.raises(LiveClusterError, match=r"cluster\.json"):
        prepare(DataDirectory(tmp_path))
    with pytest.raises(DataDirectoryBroken, match=r"admin\.token"):
        identities.admin_token(tmp_path)


def test_a_cluster_of_another_size(tmp_path: Path) -> None:
    """Is not made of one that is there."""
    directory = DataDirectory(tmp_path)
    prepare(directory)
    with pytest.raises(ContradictingSettings, match="masters 1, not 3"):
        directory.prepare(masters=3, nodes=None, knobs={}, now=NOW)


def test_bad_knobs_do_not_stay(tmp_path: Path) -> None:
    """They are found before there is a cluster, so that it can be made without them."""
    directory = DataDirectory(tmp_path)
    with pytest.raises(InvalidTopology, match="etcd"):
        directory.prepare(masters=1, nodes=1, knobs={"etcd.nothing": 1}, now=NOW)
    assert prepare(directory).knobs == {}
