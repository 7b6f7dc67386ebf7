"""The parts of the benchmark of replicated puts that need no cluster of others."""

import json

import pytest
from click.testing import CliRunner

from benchmarks import watch_member
from benchmarks.raft_load import grpc_wire
from benchmarks.raft_load.loop import Result, closed_loop
from benchmarks.raft_puts import compared


class Echo:
    """A wire whose other end answers everything at once."""

    def request(self, number: int) -> bytes:
        """Return a request."""
        return number.to_bytes(4, "big")

    def exchange(self, data: bytes) -> list[int]:
        """Answer whatever was sent."""
        return [int.from_bytes(data[at : at + 4], "big") for at in range(0, len(data), 4)]


def test_a_closed_loop_counts_what_was_answered() -> None:
    """Every request is answered once, and the rate and the latencies follow."""
    result = closed_loop(Echo(), in_flight=5, seconds=0.05, warm_up=0.01)
    assert result.per_second > 1000
    assert 0 < result.p50_ms <= result.p99_ms


def test_ratios_are_above_one_where_ours_is_better() -> None:
    """More answers a second are better, more milliseconds are worse."""
    rate, median, worst = compared("puts", [(Result(100, 2, 30), Result(200, 1, 10))])
    assert rate.ratio == pytest.approx(0.5)
    assert median.ratio == pytest.approx(0.5)
    assert worst.ratio == pytest.approx(1 / 3)
    alone = list(compared("puts", [(Result(100, 2, 30), None)]))
    assert alone[0].ratio is None


def test_puts_for_etcd_are_what_its_protocol_says() -> None:
    """A put is the key and the value, as fields 1 and 2 of a protobuf message."""
    assert grpc_wire.put(7) == b"\n\x08key-0007\x12\x0evalue-00000007"
    assert grpc_wire.serializable(7).endswith(b"\x38\x01")


def test_fan_out_of_a_member_is_measured() -> None:
    """The benchmark of a member's watches runs and keeps its contract."""
    result = CliRunner().invoke(watch_member.main, ["--quick", "--json"])
    assert result.exit_code == 0, result.output
    report = json.loads(result.output)
    assert [row["unit"] for row in report["rows"]] == ["events/s"] * 2
    assert all(0 < row["ratio"] < 1 for row in report["rows"])
