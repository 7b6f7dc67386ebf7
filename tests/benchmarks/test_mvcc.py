"""The benchmark of the store runs, compares like with like, and keeps its contract."""

import json
from typing import Any

import pytest
from click.testing import CliRunner

from benchmarks import mvcc
from benchmarks.mvcc import Bare, Load


@pytest.fixture(scope="module")
def report() -> Any:
    """Return the JSON of one quick run."""
    result = CliRunner().invoke(mvcc.main, ["--quick", "--json"])
    assert result.exit_code == 0, result.output
    return json.loads(result.output)


def test_everything_a_store_does_is_measured(report: Any) -> None:
    """Writes, reads of the present and of the past, snapshots, compaction."""
    assert report["benchmark"] == "mvcc"
    assert [(row["what"], row["unit"]) for row in report["rows"]] == [
        ("put a new key", "us/put"),
        ("put over a key", "us/put"),
        ("get", "us/get"),
        ("list in pages of 500", "us/key"),
        ("list in pages of 500, in the past", "us/key"),
        ("compare revision and put, as a command", "us/txn"),
        ("delete a key", "us/delete"),
        ("write a snapshot", "us/key"),
        ("read a snapshot", "us/key"),
        ("compact and scrub", "us/version"),
    ]


def test_all_but_compaction_stands_beside_the_sorted_dict(report: Any) -> None:
    """What keeps no history has nothing to compact."""
    *compared, compaction = report["rows"]

    for row in compared:
        assert row["baseline_name"] == "sorted dict"
        assert min(row["ours"], row["baseline"], row["ratio"]) > 0
    assert compaction["ours"] > 0
    assert compaction["ratio"] is None


def test_both_hold_the_same() -> None:
    """The keys with their revisions and values, also after a snapshot."""
    held = Load(keys=30, versions=3)
    ours, bare = mvcc.filled_store(held), mvcc.filled_bare(held)

    expected = [(kv.key, kv.mod_revision, kv.value) for kv in ours.mvcc.index.lived_at(91)]

    assert len(expected) == 30
    assert bare.page(b"", None, 100) == expected
    assert Bare.load(bare.dump()).page(b"", None, 100) == expected
    assert bare.revision == ours.mvcc.revision == mvcc.filled_mvcc(held).revision == 91


def test_the_baseline_swaps_only_what_it_expects() -> None:
    """As a transaction does that compares the revision."""
    bare = Bare()
    bare.put(b"a", b"1")

    assert not bare.swap(b"a", 1, b"2")
    assert not bare.swap(b"b", 2, b"2")
    assert bare.swap(b"a", 2, b"2")
    assert bare.get(b"a") == (3, b"2")


def test_the_keys_are_all_there_and_not_sorted() -> None:
    """A sorted insertion would flatter both."""
    names = Load(keys=1000, versions=1).names()

    assert len(set(names)) == 1000
    assert names != sorted(names)
