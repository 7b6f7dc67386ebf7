"""``kactors raft``: hunts, replays, traces, and what it survives."""

import json
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

import kactors.cli.raft
from kactors.cli.main import main
from kactors.cli.workers import Done
from kactors.testing.mutants.corpus import load_corpus
from kactors.testing.raft import hunt
from kactors.testing.raft.schedule import Kind

MUTANT = load_corpus("tests.mutants").named("vote-for-any-log")
#: Schedules that together do everything that traces have names for.
TRACED = (28, 2)


def run(*arguments: str) -> Result:
    """Run the command; a traceback fails the test."""
    result = CliRunner().invoke(main, ["raft", *arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Do the jobs in this process, where a mutant may be planted."""

    def run_here(function: Any, jobs: Any, _: int) -> Generator[Done[Any], None, None]:
        for number, arguments in enumerate(jobs):
            yield Done(number, function(*arguments))

    monkeypatch.setattr(kactors.cli.raft, "run_jobs", run_here)


def test_a_hunt_in_processes_is_the_hunt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two workers do what one loop does: the sums and the faults are equal."""
    file = tmp_path / "hunt.json"
    monkeypatch.setattr(kactors.cli.raft, "_SLICE", 7)

    result = run("hunt", "--schedules", "16", "--seed", "5", "--jobs", "2", "--json", str(file))

    body, alone = json.loads(file.read_text()), hunt(5, range(16))
    assert "no property was broken" in result.stdout
    assert (body["schedules"], body["violated"], body["violation"]) == (16, 0, None)
    assert (body["steps"], body["acknowledged"]) == (alone.steps, alone.acknowledged)
    assert list(body["faults"]) == [kind.value for kind in Kind]
    assert body["faults"]["isolate"]["felt"] == alone.tally.counts[Kind.ISOLATE].felt
    assert (body["interrupted"], body["lost"], body["explanation"]) == (False, [], None)
    assert body["virtual_h"] > 0.05
    assert body["schedules_per_cpu_s"] > 0
    assert result.exit_code == (1 if body["never_felt"] else 0)


@pytest.mark.usefixtures("here")
def test_faults_that_were_never_felt_are_named() -> None:
    """A hunt that tested nothing of a kind does not pass for one that did."""
    result = run("hunt", "--schedules", "1")

    assert result.exit_code == 1
    assert "never felt, so never tested: " in result.stdout


@pytest.mark.usefixtures("here")
def test_what_a_hunt_finds_is_explained(tmp_path: Path) -> None:
    """Shrunk schedule, transcript and page; the JSON holds the same text, alone on stdout."""
    with MUTANT.apply():
        result = run("hunt", "--schedules", "400", "--pages", str(tmp_path), "--json", "-")

    body = json.loads(result.stdout)
    assert result.exit_code == 1
    assert body["violated"] == 1
    assert body["schedules"] < 400
    assert "the schedule, to be pasted into a test:\nSchedule(" in body["explanation"]
    (page,) = tmp_path.glob("*.html")
    assert str(page) in body["explanation"]


def test_an_interrupt_shows_what_is_known(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Ctrl-C leaves the sums of what was run; an incomplete hunt exits with 1."""
    file = tmp_path / "hunt.json"

    def interrupted(_: Any, jobs: Any, __: int) -> Generator[Done[Any], None, None]:
        yield Done(0, (hunt(0, range(3)), 0.1))
        raise KeyboardInterrupt

    monkeypatch.setattr(kactors.cli.raft, "run_jobs", interrupted)
    result = run("hunt", "--schedules", "500", "--json", str(file))

    assert result.exit_code == 1
    assert "interrupted: what follows is what is known so far" in result.stderr
    assert result.stdout.startswith("3 schedules, ")
    body = json.loads(file.read_text())
    assert (body["interrupted"], body["schedules"]) == (True, 3)


def test_a_worker_that_is_killed_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    """What it did is lost and must be run again; the rest counts."""

    def one_dies(_: Any, jobs: Any, __: int) -> Iterator[Done[Any]]:
        yield Done(1, (hunt(0, range(2)), 0.1))
        yield Done(0, None, "was killed by SIGKILL")

    monkeypatch.setattr(
        kactors.cli.raft, "run_jobs", lambda *arguments: (each for each in one_dies(*arguments))
    )
    result = run("hunt", "--schedules", "100")

    assert result.exit_code == 1
    assert "the worker on schedules 0 to 49 was killed by SIGKILL" in result.stderr
    assert "schedules 0 to 49 were lost: run them again" in result.stdout
    assert result.stdout.startswith("2 schedules, ")


def test_a_file_that_cannot_be_written_is_refused_before_the_hunt(tmp_path: Path) -> None:
    """Hours of work should not end there."""
    result = run("hunt", "--json", str(tmp_path / "nowhere" / "hunt.json"))

    assert result.exit_code == 2
    assert "No such file or directory" in result.stderr


def test_a_schedule_that_holds_is_shown() -> None:
    """Replaying tells the schedule as Python, and how long it ran."""
    result = run("replay", "3", "--seed", "5")

    assert result.exit_code == 0
    assert result.stdout.startswith("Schedule(")
    assert "held for" in result.stdout


def test_a_schedule_that_fails_is_explained(tmp_path: Path) -> None:
    """Replaying finds what the hunt found; unshrunk if so asked."""
    with MUTANT.apply():
        found = hunt(0, range(400))
        result = run(
            "replay", str(found.schedules - 1), "--no-shrink", "--pages", str(tmp_path)
        )  # fmt: skip

    assert found.found is not None
    assert result.exit_code == 1
    assert str(found.found.violation) in result.stdout
    assert str(found.found.schedule) in result.stdout
    assert len(list(tmp_path.glob("*.html"))) == 1


def test_a_page_that_cannot_be_written_does_not_lose_the_finding(tmp_path: Path) -> None:
    """The schedule is what matters; that the page is missing is said."""
    in_the_way = tmp_path / "file"
    in_the_way.write_text("not a directory")

    with MUTANT.apply():
        number = hunt(0, range(400)).schedules - 1
        result = run("replay", str(number), "--no-shrink", "--pages", str(in_the_way / "pages"))

    assert result.exit_code == 1
    assert "Schedule(" in result.stdout
    assert f"it cannot be drawn in {in_the_way / 'pages'}" in result.stdout


def test_missing_directories_are_made(tmp_path: Path) -> None:
    """A page goes where it was asked to go."""
    with MUTANT.apply():
        number = hunt(0, range(400)).schedules - 1
        run("replay", str(number), "--no-shrink", "--pages", str(tmp_path / "new" / "pages"))

    assert len(list((tmp_path / "new" / "pages").glob("*.html"))) == 1


#: What ``Traceetcdraft.tla`` distinguishes, and the fields that it and ``state_trace.go`` name.
EVENTS = {
    *("InitState", "BecomeFollower", "BecomeCandidate", "BecomeLeader", "Ready", "Commit"),
    *("Replicate", "ChangeConf", "ApplyConfChange"),
    *(
        f"{what}{kind}{end}"
        for what in ("Send", "Receive")
        for kind in ("AppendEntries", "RequestVote")
        for end in ("Request", "Response")
    ),
}
TYPES = {
    "AppendEntriesRequest": {"MsgApp", "MsgHeartbeat", "MsgSnap"},
    "AppendEntriesResponse": {"MsgAppResp", "MsgHeartbeatResp"},
    "RequestVoteRequest": {"MsgVote"},
    "RequestVoteResponse": {"MsgVoteResp"},
}
FIELDS = {"name", "nid", "state", "role", "log", "conf"}
MESSAGE = {
    *("type", "term", "from", "to", "entries", "logTerm", "index", "commit", "vote", "reject"),
    "rejectHint",
}


def trace_of(tmp_path: Path, number: int) -> list[dict[str, Any]]:
    """Replay a schedule and read its trace."""
    file = tmp_path / f"{number}.ndjson"
    result = run("replay", str(number), "--trace", str(file))
    assert result.exit_code == 0, result.output
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert all(set(line) == {"tag", "event"} and line["tag"] == "trace" for line in lines)
    return [line["event"] for line in lines]


def test_a_trace_has_the_names_and_fields_of_the_specification(tmp_path: Path) -> None:
    """Every event, message and field that it may ask for is there, and nothing else."""
    events = [event for number in TRACED for event in trace_of(tmp_path, number)]

    assert {event["name"] for event in events} == EVENTS
    assert {event["role"] for event in events} == {
        "StateFollower",
        "StateCandidate",
        "StateLeader",
    }
    for event in events:
        assert set(event) - {"msg", "prop"} == FIELDS
        assert set(event["state"]) == {"term", "vote", "commit"}
        assert [type(each) for each in event["conf"]] == [list, list]
        kind = event["name"].removeprefix("Send").removeprefix("Receive")
        assert ("msg" in event) == (kind in TYPES)
        if "msg" in event:
            assert set(event["msg"]) == MESSAGE
            assert event["msg"]["type"] in TYPES[kind]
            end = "from" if event["name"].startswith("Send") else "to"
            assert event["msg"][end] == event["nid"]
    assert {event["msg"]["type"] for event in events if "msg" in event} == set.union(
        *TYPES.values()
    )


def test_a_trace_keeps_the_order_of_causes(tmp_path: Path) -> None:
    """What is received was sent before, and every member begins with its initial state."""
    sent: set[str] = set()
    begun: set[str] = set()
    for event in trace_of(tmp_path, TRACED[0]):
        if event["name"] == "InitState":
            begun.add(event["nid"])
        assert event["nid"] in begun
        message = json.dumps(event.get("msg"))
        if event["name"].startswith("Send"):
            sent.add(message)
        elif event["name"].startswith("Receive"):
            assert message in sent


def test_what_the_specification_does_not_know_is_said(tmp_path: Path) -> None:
    """A trace that TLC must refuse is no surprise."""
    result = run("replay", str(TRACED[0]), "--trace", str(tmp_path / "trace.ndjson"))

    assert "the trace specification knows no " in result.stderr
