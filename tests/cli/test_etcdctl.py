"""``kactors etcdctl``: what it reads and shows; and the shell's story of docs/etcd.md, live."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from kactors.cli.control import plain, text_of
from kactors.cli.etcdctl_keys import condition, prefix_end
from kactors.cli.main import main
from kactors.cli.options import client_name
from kactors.etcd.messages import Compare, CompareResult, CompareTarget, Header, KeyValue
from tests.etcd.processes import Processes


def test_prefixes_end_where_they_should() -> None:
    """The end of a prefix is the first key after all that begin with it."""
    assert prefix_end(b"abc") == b"abd"
    assert prefix_end(b"a\xff\xff") == b"b"
    assert prefix_end(b"") == b"\0"
    assert prefix_end(b"\xff") == b"\0"


def test_conditions_are_read() -> None:
    """Values are compared as bytes, everything else as numbers."""
    compare = Compare(b"k", CompareTarget.VALUE, CompareResult.NOT_EQUAL, b"7")
    assert condition(("value", "k", "!=", "7")) == compare
    assert condition(("mod", "k", ">", "7")).operand == 7
    for words in (("size", "k", "=", "1"), ("mod", "k", "~", "1"), ("mod", "k", "=", "x")):
        with pytest.raises(click.UsageError):
            condition(words)


def test_answers_become_json() -> None:
    """Messages, tuples and bytes are shown as JSON can hold them."""
    shown = plain((Header(1, 2, 3, 4), KeyValue(b"k", value=b"\xff")))
    assert shown[0] == {"cluster_id": 1, "member_id": 2, "revision": 3, "raft_term": 4}
    assert shown[1]["value"] == text_of(b"\xff") == "\\xff"


def test_each_client_takes_a_name_of_its_own(tmp_path: Path) -> None:
    """Two clients at one time have two certificates; a third is told to get one."""
    CliRunner().invoke(main, ["certs", str(tmp_path), "client-0", "client-1"])
    with client_name(tmp_path, None) as first, client_name(tmp_path, None) as second:
        assert (first, second) == ("client-0", "client-1")
        with (
            pytest.raises(click.ClickException, match="kactors certs"),
            client_name(tmp_path, None),
        ):
            pass
    with client_name(tmp_path, None) as again:
        assert again == "client-0"
    with client_name(tmp_path, "given") as given:
        assert given == "given"


@pytest.fixture(scope="module")
def processes() -> Iterator[Processes]:
    """Three members over TLS."""
    with Processes() as running:
        yield running


def control(processes: Processes, *arguments: str, exit_code: int = 0) -> Result:
    """Run etcdctl against them."""
    options = ["--endpoints", processes.cluster(), "--certs", str(processes.certs)]
    result = CliRunner().invoke(main, ["etcdctl", *options, "--timeout", "30", *arguments])
    assert result.exit_code == exit_code, (arguments, result.output)
    return result


def as_json(processes: Processes, *arguments: str) -> Any:
    """Run etcdctl and read its one line of JSON."""
    return json.loads(control(processes, "--json", *arguments).output)


@pytest.mark.live
@pytest.mark.slow
def test_a_story_from_the_shell(processes: Processes, tmp_path: Path) -> None:
    """Keys, transactions, leases, watches, members, snapshots: all from the command line."""
    assert control(processes, "put", "fruit", "apple").output == "OK\n"
    assert control(processes, "get", "fruit").output == "fruit\napple\n"
    revision = as_json(processes, "get", "fruit")["header"]["revision"]
    swap = ("txn", "--if", "mod", "fruit", "=", str(revision), "--put", "fruit", "pear")
    assert control(processes, *swap).output == "SUCCESS\nOK\n"
    assert as_json(processes, *swap, "--else-get", "fruit")["succeeded"] is False
    assert as_json(processes, "lease", "grant", "60", "--id", "7")["ttl"] == 60
    control(processes, "put", "mayfly", "x", "--lease", "7")
    assert as_json(processes, "lease", "timetolive", "7")["keys"] == ["mayfly"]
    assert control(processes, "lease", "list").output == "7\n"
    watched = control(processes, "watch", "", "--prefix", "--rev", "2", "--count", "3").output
    assert watched == "PUT\nfruit\napple\nPUT\nfruit\npear\nPUT\nmayfly\nx\n"
    control(processes, "lease", "revoke", "7")
    control(processes, "get", "mayfly")
    assert control(processes, "lease", "revoke", "7", exit_code=1).output.startswith("Error: ")
    assert len(control(processes, "member", "list").output.splitlines()) == 3
    assert len(control(processes, "status").output.splitlines()) == 3
    assert control(processes, "move-leader", "m2").output == "m2 leads\n"
    assert control(processes, "del", "fruit", "--prev-kv").output == "1\nfruit\npear\n"
    file = tmp_path / "backup"
    assert as_json(processes, "snapshot", "save", str(file))["revision"] == 6
    restore = ("snapshot", "restore", str(file), "--name", "n1", "--data-dir", str(tmp_path / "n1"))
    cluster = ("--initial-cluster", "n1=127.0.0.1:1")
    assert as_json(processes, *restore, *cluster) == {"revision": 6}
    control(processes, *restore, *cluster, exit_code=1)
    control(processes, "compact", "6", "--physical")
    control(processes, "defrag")
    assert control(processes, "alarm", "list").output == ""
    control(processes, "member", "remove", "nobody", exit_code=1)


def test_nobody_answers(tmp_path: Path) -> None:
    """Exit status 4 says that nothing was done."""
    CliRunner().invoke(main, ["certs", str(tmp_path), "client-0"])
    options = ["--endpoints", "m1=127.0.0.1:1", "--certs", str(tmp_path), "--timeout", "0.3"]
    result = CliRunner().invoke(main, ["etcdctl", *options, "put", "k", "v"])
    assert result.exit_code == 4
    assert "Unavailable" in result.output
