"""``kactors apply``, ``get``, ``delete`` and ``up``, as far as they need no cluster that runs."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from kactors.cli.main import main
from kactors.cluster.live.data_directory import DataDirectory


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Give a cluster that does not run."""
    now = datetime.now(UTC)  # noqa: TID251 - certificates have to be good when the command runs
    DataDirectory(tmp_path / "data").prepare(masters=1, nodes=0, knobs={}, now=now)
    return tmp_path / "data"


def run(*words: str, given: str = "") -> tuple[int, str]:
    """Run a command; return its exit status and all that it has said."""
    result = CliRunner().invoke(main, words, input=given)
    return result.exit_code, result.output


@pytest.mark.parametrize(
    "words", [("get", "pods"), ("apply", "-f", "-"), ("delete", "pod", "a")], ids=" ".join
)
def test_no_cluster(tmp_path: Path, words: tuple[str, ...]) -> None:
    """Each command says how to make one."""
    status, said = run(*words, "--data", str(tmp_path))
    assert status == 1
    assert "there is no cluster in" in said
    assert "kactors up" in said


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("get", "nothing"), "no resource that is called 'nothing'"),
        (("get", "pod", "a", "-A"), "say which, instead of -A"),
        (("get", "pod", "a", "-l", "b=c"), "names or selectors, not both"),
        (("get", "pods,nodes", "-w"), "only one kind, or one object, can be watched"),
        (("delete",), "say what to delete"),
        (("delete", "pods"), "say which of the pods"),
    ],
)
def test_wrong_usage(data: Path, words: tuple[str, ...], said: str) -> None:
    """Exit status 2, before anybody is asked."""
    status, output = run(*words, "--data", str(data))
    assert status == 2
    assert said in output


def test_bad_manifests(data: Path) -> None:
    """Nothing is done if one document of many is wrong; the message has its line."""
    given = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n---\nkind: Pod\n"
    status, said = run("apply", "-f", "-", "--data", str(data), given=given)
    assert status == 1
    assert "standard input:5: an object says its apiVersion and its kind" in said
    assert "created" not in said


def test_nothing_to_apply(data: Path) -> None:
    """An empty file is a mistake."""
    status, said = run("apply", "-f", "-", "--data", str(data))
    assert (status, "no objects" in said) == (1, True)


def test_nobody_answers(data: Path) -> None:
    """A cluster that does not run is unavailable, after the time that was given."""
    status, said = run("get", "pods", "--data", str(data), "--request-timeout", "0.3")
    assert status == 1
    assert "nobody has served it within 0.3 s" in said


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--masters", "3"), "was made with masters 1, not 3"),
        (("--nodes", "2"), "was made with nodes 0, not 2"),
        (("--set", "etcd.tick_seconds=1"), "was made with knobs {}"),
        (("--set", "nonsense"), "is not COMPONENT.NAME=VALUE"),
        (("--masters", "9"), "9 is not in the range"),
    ],
)
def test_clusters_that_cannot_be(data: Path, words: tuple[str, ...], said: str) -> None:
    """What contradicts the cluster that is there is wrong usage."""
    status, output = run("up", "--data", str(data), *words)
    assert status == 2
    assert said in " ".join(output.split())
