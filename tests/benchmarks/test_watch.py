"""The benchmark of watches runs, compares like with like, and keeps its contract."""

import json
from typing import Any

import pytest
from click.testing import CliRunner

from benchmarks import watch
from benchmarks.watch import KINDS, Kind, Load, Loop
from kactors.etcd.messages import Put
from kactors.etcd.store import Store


@pytest.fixture(scope="module")
def report() -> Any:
    """Return the JSON of one quick run, with a tenth of its work."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(watch, "WORK_MAX", watch.WORK_MAX // 10)
        result = CliRunner().invoke(watch.main, ["--quick", "--json"])
    assert result.exit_code == 0, result.output
    return json.loads(result.output)


def test_every_fan_out_is_measured_in_both_ways(report: Any) -> None:
    """Three kinds, three numbers of watchers: the put alone, and with delivery."""
    assert report["benchmark"] == "watch"
    who = [
        f"{watchers} of {kind}"
        for kind in ("one key", "one prefix", "distinct prefixes")
        for watchers in ("1 watcher", "100 watchers", "10,000 watchers")
    ]
    assert [row["what"] for row in report["rows"]] == [
        f"{what}, {one}" for one in who for what in ("put", "put and deliver")
    ]


def test_every_row_has_a_ratio(report: Any) -> None:
    """Puts against a store without watchers, delivery against the loop."""
    for row in report["rows"]:
        pair = (row["unit"], row["baseline_name"])
        assert pair in {("us/put", "no watcher"), ("events/s", "a loop over all")}
        assert min(row["ours"], row["baseline"], row["ratio"]) > 0


def test_a_loop_over_ten_thousand_prefixes_is_left_far_behind(report: Any) -> None:
    """It asks all of them for each put; fifty times as slow when measured with care."""
    row = report["rows"][-1]

    assert row["what"] == "put and deliver, 10,000 watchers of distinct prefixes"
    assert row["ratio"] > 5


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
@pytest.mark.parametrize("watchers", [1, 100, 300])
def test_as_many_watchers_match_as_the_kind_says(kind: Kind, watchers: int) -> None:
    """Each put of each kind; both measurements check that they delivered as much."""
    load = Load(kind, watchers, puts=10)
    loop = Loop(Store(), load.watches())

    for index, put in enumerate(load.commands(), 1):
        loop.store.apply(index, 1, put)
        assert len(loop.notify(loop.store.mvcc.log[-1])) == kind.matching(watchers)

    assert watch.deliver(load) > 0
    assert watch.deliver_by_loop(load) > 0


def test_one_in_a_hundred_prefixes_is_written() -> None:
    """Of three hundred watchers with a prefix each, three ever get anything."""
    load = Load(KINDS[2], 300, puts=60)
    loop = Loop(Store(), load.watches())

    woken = set()
    for index, put in enumerate(load.commands(), 1):
        loop.store.apply(index, 1, put)
        woken.update(loop.notify(loop.store.mvcc.log[-1]))

    assert woken == {0, 100, 200}


def test_what_the_loop_queued_is_delivered_once() -> None:
    """With the header of a store that is as far."""
    load = Load(KINDS[1], 2, puts=1)
    loop = Loop(Store(), load.watches())
    loop.store.apply(1, 1, Put(b"/pods/a", b"x"))
    loop.notify(loop.store.mvcc.log[-1])

    first, second = loop.poll(1), loop.poll(1)

    assert [event.kv.key for event in first.events] == [b"/pods/a"]
    assert first.header.revision == 2
    assert second.events == ()
