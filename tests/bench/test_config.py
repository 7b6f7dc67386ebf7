"""Configuration files."""

from pathlib import Path

import pytest

from kactors.bench.cases import OWN_CONFIG
from kactors.bench.config import LabelFilter, read_config
from kactors.bench.errors import BrokenConfig
from kactors.bench.operations import (
    Barrier,
    Churn,
    CreateNamespaces,
    CreateNodes,
    CreatePods,
    Sleep,
)
from tests.bench.objects import written

POD = "kind: Pod\nmetadata: {generateName: p-}\nspec: {containers: []}\n"
SMALL = """
- name: A
  labels: [all]
  workloadTemplate:
  - {opcode: createNodes, countParam: $nodes}
  - {opcode: createNamespaces, prefix: ns, count: 2}
  - {opcode: createPods, count: 1, skipWaitToCompletion: true, namespace: x}
  - {opcode: barrier, namespaces: [x], stageRequirement: Attempted}
  - {opcode: churn, mode: recreate, number: 2, templatePaths: [pod.yaml], intervalMilliseconds: 50}
  - {opcode: sleep, duration: 1m500ms}
  - {opcode: createPods, count: 3, collectMetrics: true, podTemplatePath: pod.yaml}
  workloads:
  - name: W
    labels: [mine]
    threshold: 270
    featureGates: {SchedulerAsyncAPICalls: false}
    params: {nodes: 5}
"""


def test_a_configuration_becomes_operations(tmp_path: Path) -> None:
    """Every simple opcode, parameters, durations, labels and the threshold."""
    written(tmp_path, POD, "pod.yaml")

    (workload,) = read_config(written(tmp_path, SMALL))

    assert (workload.title, workload.labels, workload.threshold) == ("A/W", ("all", "mine"), 270)
    nodes, spaces, early, barrier, churn, pause, pods = workload.operations
    assert nodes == CreateNodes(index=0, count=5)
    assert spaces == CreateNamespaces(index=1, prefix="ns", count=2)
    assert early == CreatePods(index=2, count=1, namespace="x", goes_on=True)
    assert barrier == Barrier(index=3, namespaces=("x",), attempted=True)
    assert isinstance(churn, Churn)
    assert (churn.recreate, churn.number, churn.interval_seconds) == (True, 2, 0.05)
    assert pause == Sleep(index=5, seconds=60.5)
    assert isinstance(pods, CreatePods)
    assert (pods.namespace, pods.measured, workload.pods) == ("namespace-6", True, 3)


def test_templates_are_found_beside_the_folder_too(tmp_path: Path) -> None:
    """Older files name them so."""
    written(tmp_path, POD, "pod.yaml")
    (tmp_path / "config").mkdir()

    assert read_config(written(tmp_path / "config", SMALL))


def test_thresholds_may_depend_on_the_topic(tmp_path: Path) -> None:
    """The topic is the folder of the file; of another's threshold nothing follows."""
    written(tmp_path, POD, "pod.yaml")
    text = SMALL.replace("270", "{%s: 56, other: 40}")

    (mine,) = read_config(written(tmp_path, text % tmp_path.name))
    (others,) = read_config(written(tmp_path, text % "elsewhere"))

    assert (mine.threshold, others.threshold) == (56, None)


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        ("createNodes", "createNode", 5, "the opcode 'createNode' is not known here"),
        ("countParam: $nodes", "countParam: $node", 5, "'node' is not among .* add it there"),
        ("countParam: $nodes", "countParam: nodes", 5, "write \\$ and its name"),
        ("params: {nodes: 5}", "params: {nodes: x}", 5, "'\\$nodes' is 'x'"),
        ("params: {nodes: 5}", "params: {nodes: 5, more: 1}", 17, "more are used nowhere"),
        ("prefix: ns, ", "", 6, "'prefix' is missing"),
        ("prefix: ns", "prefix: ns, color: x", 6, "unknown field 'color'"),
        ("Attempted", "Bound", 8, "Scheduled or Attempted"),
        ("mode: recreate", "mode: shake", 9, "create or recreate"),
        ("number: 2, ", "", 9, "number is missing"),
        ("intervalMilliseconds: 50", "intervalMilliseconds: 0", 9, "at least 1"),
        ("templatePaths: [pod.yaml]", "templatePaths: [pot.yaml]", 9, "no template 'pot.yaml'"),
        ("1m500ms", "1 minute", 10, "a duration such as 500ms"),
        ("collectMetrics: true, ", "", 2, "0 steps"),
        ("skipWaitToCompletion: true", "skipWaitToCompletion: true, collectMetrics: true", 7,
         "exclude each other"),
        ("threshold: 270", "threshold: fast", 15, "as a number"),
        ("SchedulerAsyncAPICalls: false", "SchedulerAsyncAPICalls: maybe", 16, "true or false"),
        ("name: W", "title: W", 13, "unknown field 'title'"),
    ],
)  # fmt: skip
def test_what_cannot_be_followed_is_refused_with_its_line(
    tmp_path: Path, old: str, new: str, line: int, says: str
) -> None:
    """The error names the file, the line, and what to do."""
    written(tmp_path, POD, "pod.yaml")
    assert old in SMALL

    with pytest.raises(BrokenConfig, match=says) as caught:
        read_config(written(tmp_path, SMALL.replace(old, new)))

    assert caught.value.line == line


@pytest.mark.parametrize("text", ["", "[]", "{}", "- 1", "- name: A"])
def test_files_without_cases_or_workloads_are_refused(tmp_path: Path, text: str) -> None:
    """There must be something to do."""
    with pytest.raises(BrokenConfig):
        read_config(written(tmp_path, text))


def test_the_filter_wants_labels_and_forbids_others() -> None:
    """The empty filter takes everything."""
    chosen = LabelFilter.parse("performance, -short")

    assert chosen(["performance", "other"])
    assert not chosen(["performance", "short"])
    assert not chosen(["other"])
    assert LabelFilter.parse("")([])


def test_the_own_configuration_can_be_read() -> None:
    """It has the four cases, each with a small and a large workload."""
    found = read_config(OWN_CONFIG)

    assert {each.case for each in found} == {
        "SchedulingBasic", "SchedulingNodeAffinity", "TopologySpreading", "PreemptionBasic"
    }  # fmt: skip
    assert {each.case for each in found if "performance" in each.labels} == {
        each.case for each in found if "integration-test" in each.labels
    }
