"""``kactors bench scheduler``: its table, its JSON, its exit status, and what it survives."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from kactors.bench.record import Record
from kactors.bench.throughput import Throughput
from kactors.cli import bench
from kactors.cli.main import main
from tests.bench.objects import written

CONFIG = """
- name: A
  workloadTemplate:
  - {opcode: createNodes, count: 3}
  - {opcode: createPods, countParam: $pods, collectMetrics: true}
  workloads:
  - {name: small, labels: [short], params: {pods: 4}}
  - {name: large, labels: [performance], threshold: 100, params: {pods: 9}}
"""


def run(*arguments: str) -> Result:
    """Run the command; a traceback fails the test."""
    result = CliRunner().invoke(main, ["bench", "scheduler", *arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


@pytest.mark.parametrize("meter", ["algorithm", "end-to-end"])
def test_the_json_is_perfdashs(meter: str) -> None:
    """Throughput with its buckets, its duration, latencies under upstream's names, a baseline."""
    result = run("--nodes", "5", "--pods", "8", "--meter", meter, "--json", "-")

    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert found["version"] == "v1"
    items = {each["labels"]["Metric"]: each for each in found["dataItems"]}
    throughput = items["SchedulingThroughput"]
    assert set(throughput["data"]) == {"Average", "Perc50", "Perc90", "Perc95", "Perc99"}
    assert throughput["unit"] == "pods/s"
    assert throughput["labels"]["Name"] == "SchedulingBasic/5Nodes_8Pods/namespace-2"
    assert items["scheduler_scheduling_attempt_duration_seconds"]["labels"]["result"] == "scheduled"
    assert items["scheduler_pod_scheduling_sli_duration_seconds"]["unit"] == "ms"
    baseline = "BaselinePlainForm" if meter == "algorithm" else "BaselineEtcdPuts"
    assert items[baseline]["data"]["Average"] > 0


def test_the_table_has_a_row_for_each_workload() -> None:
    """And the command ends with 0."""
    result = run("--nodes", "5", "--pods", "8")

    assert result.exit_code == 0, result.output
    assert "plain form" in result.stdout


def test_workloads_of_a_file_are_chosen(tmp_path: Path) -> None:
    """By upstream's own filter unless something else is said; by name; by labels."""
    config = str(written(tmp_path, CONFIG))

    def names(*arguments: str) -> list[str]:
        items = json.loads(run("--config", config, "--json", "-", *arguments).stdout)["dataItems"]
        return [
            each["labels"]["Name"]
            for each in items
            if each["labels"]["Metric"] == "SchedulingThroughput"
        ]

    assert names() == ["A/large/namespace-1"]
    assert names("--workload", "A/small") == ["A/small/namespace-1"]
    assert names("--workload", "A") == ["A/small/namespace-1", "A/large/namespace-1"]
    assert names("--label-filter", "-performance") == ["A/small/namespace-1"]


def test_upstreams_threshold_is_in_the_data(tmp_path: Path) -> None:
    """Beside what was measured."""
    result = run("--config", str(written(tmp_path, CONFIG)), "--json", "-")

    assert json.loads(result.stdout)["dataItems"][0]["data"]["AverageThreshold"] == 100


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("- name: [", "config.yaml:1: is no YAML"),
        (CONFIG.replace("createNodes", "makeNodes"), "config.yaml:4: the opcode 'makeNodes'"),
        (CONFIG.replace("params: {pods: 9}", "params: {}"), "config.yaml:5: the parameter 'pods'"),
    ],
)
def test_a_broken_file_ends_with_2_and_the_line(tmp_path: Path, text: str, says: str) -> None:
    """Nothing is run."""
    result = run("--config", str(written(tmp_path, text)))

    assert result.exit_code == 2
    assert says in result.stderr.replace("\n", "")


@pytest.mark.parametrize(
    "arguments",
    [
        ("--workload", "A"),
        ("--nodes", "3", "--pods", "1000"),
        ("--config", "CONFIG", "--nodes", "3"),
        ("--config", "CONFIG", "--workload", "B"),
    ],
)
def test_what_cannot_be_asked_for_ends_with_2(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    """The message says what to do."""
    config = str(written(tmp_path, CONFIG))

    result = run(*(config if each == "CONFIG" else each for each in arguments))

    assert result.exit_code == 2
    assert "Error: " in result.stderr


def test_a_check_that_objects_ends_with_1(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is wrong is said."""
    monkeypatch.setattr(bench, "run_workload", lambda *_, **__: ["node n1 holds too much"])

    result = run("--nodes", "5", "--pods", "8")

    assert result.exit_code == 1
    assert "SchedulingBasic/5Nodes_8Pods: node n1 holds too much" in result.stderr


def test_ctrl_c_leaves_what_is_known_so_far(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pods that were counted until then are in the JSON; the command ends with 1."""

    def interrupted(record: Record, *_: object, **__: object) -> list[str]:
        record.throughput = Throughput(0)
        record.throughput.scheduled(500_000_000)
        raise KeyboardInterrupt

    monkeypatch.setattr(bench, "run_workload", interrupted)

    result = run("--nodes", "5", "--pods", "8", "--json", "-")

    assert result.exit_code == 1
    assert "interrupted" in result.stderr
    assert json.loads(result.stdout)["dataItems"][0]["data"]["Average"] == 2
