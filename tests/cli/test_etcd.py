"""``kactors etcd`` and ``kactors certs``: usage is checked before anything is done."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from kactors.cli.main import main

CLUSTER = "m1=127.0.0.1:2380,m2=127.0.0.1:2381"


def run(*arguments: str) -> Result:
    """Run a command; a traceback fails the test."""
    result = CliRunner().invoke(main, list(arguments))
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result


def test_commands_are_listed_without_being_loaded() -> None:
    """The help names every command."""
    assert all(name in run("--help").output for name in ("certs", "check", "etcd", "etcdctl"))
    assert run("nonsense").exit_code == 2


def test_certificates_are_issued_once_and_again(tmp_path: Path) -> None:
    """The authority is made the first time and used the second."""
    first = run("certs", str(tmp_path), "m1", "client-0")
    assert first.exit_code == 0
    assert "a new authority" in first.output
    assert "a new authority" not in run("certs", str(tmp_path), "m2").output
    assert {path.name for path in tmp_path.iterdir()} == {
        f"{name}.{kind}" for name in ("ca", "m1", "m2", "client-0") for kind in ("crt", "key")
    }


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--name", "m3", "--initial-cluster", CLUSTER, "--insecure"], "not among the initial"),
        (["--name", "m1", "--initial-cluster", CLUSTER], "--certs"),
        (["--name", "m1", "--initial-cluster", "m1", "--insecure"], "NAME=ADDRESS:PORT"),
        (["--name", "m1", "--initial-cluster", "m1=x:1,m1=y:2", "--insecure"], "twice"),
        (["--name", "m1", "--initial-cluster", "m1=nowhere", "--insecure"], "host:port"),
    ],
)
def test_wrong_usage_exits_2(tmp_path: Path, arguments: list[str], says: str) -> None:
    """Whatever cannot work is refused with what to do, and no directory is touched."""
    data = tmp_path / "data"
    result = run("etcd", "--data-dir", str(data), *arguments)
    assert result.exit_code == 2
    assert says in result.output
    assert not data.exists()


def test_a_certificate_of_another_is_refused(tmp_path: Path) -> None:
    """A member without a certificate of its own name does not start."""
    run("certs", str(tmp_path / "certs"), "other")
    arguments = ["--name", "m1", "--initial-cluster", CLUSTER, "--certs", str(tmp_path / "certs")]
    result = run("etcd", "--data-dir", str(tmp_path / "data"), *arguments)
    assert result.exit_code == 1
    assert "m1.crt" in result.output
