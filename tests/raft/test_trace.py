"""Traces in the vocabulary of etcd/raft's TLA+ specification."""

import json
from typing import Any

from kactors.raft import Action, Config, Configuration, MemoryLog, Message, Role, TraceEvent
from kactors.raft.trace import ndjson
from tests.raft.node import Disk, FixedRng, Node
from tests.raft.test_membership import change

#: What `Traceetcdraft.tla` distinguishes.
_NAMES = {
    "InitState",
    "BecomeFollower",
    "BecomeCandidate",
    "BecomeLeader",
    "Commit",
    "Replicate",
    "ChangeConf",
    "ApplyConfChange",
    "Ready",
    "SendAppendEntriesRequest",
    "ReceiveAppendEntriesRequest",
    "SendAppendEntriesResponse",
    "ReceiveAppendEntriesResponse",
    "SendRequestVoteRequest",
    "ReceiveRequestVoteRequest",
    "SendRequestVoteResponse",
    "ReceiveRequestVoteResponse",
}


class Traced:
    """A cluster whose events go to one list, as they happen."""

    def __init__(self) -> None:
        self.events: list[TraceEvent] = []
        self.network: list[tuple[int, int, Message]] = []
        configuration = Configuration((1, 2, 3))
        self.nodes = {
            each: self.start(each, MemoryLog.bootstrap(configuration), joining=False)
            for each in configuration.voters
        }

    def start(self, member: int, log: MemoryLog, *, joining: bool) -> Node:
        """Start a member that is observed."""

        def config(boot: int) -> Config:
            return Config(
                member=member,
                boot=boot,
                chance=lambda _term, _attempt: FixedRng(member),
                pre_vote=False,
                joining=joining,
            )

        def send(source: int, to: int, message: Message) -> None:
            self.network.append((source, to, message))

        return Node(config, Disk(log), send, observe=self.events.append)

    def settle(self) -> None:
        """Deliver until nothing is left."""
        for node in self.nodes.values():
            node.settle()
        while self.network:
            source, to, message = self.network.pop(0)
            self.nodes[to].raft.step(message, source)
            self.nodes[to].settle()

    def lines(self) -> list[dict[str, Any]]:
        """Return the events as the specification reads them."""
        return [json.loads(ndjson(event))["event"] for event in self.events]


def run() -> Traced:
    """Return a trace with an election, entries, a new member and a snapshot."""
    traced = Traced()
    one = traced.nodes[1]
    one.raft.campaign()
    traced.settle()
    one.raft.propose_many([b"x", b"y"])
    traced.settle()
    one.make_snapshot()
    traced.nodes[4] = traced.start(4, MemoryLog(), joining=True)
    one.raft.propose_conf_change(change((Action.ADD_LEARNER, 4)))
    traced.settle()
    for _ in range(3):
        for node in traced.nodes.values():
            node.raft.tick()
        traced.settle()
    one.raft.propose_conf_change(change((Action.ADD_VOTER, 4)))
    traced.settle()
    return traced


def test_the_vocabulary_is_the_specifications() -> None:
    """Every event that can happen does, and no other name."""
    assert {line["name"] for line in run().lines()} == _NAMES


def test_a_member_begins_with_its_initial_state() -> None:
    """The specification takes term, log and configuration from there."""
    first, second = [line for line in run().lines() if line["nid"] == "2"][:2]

    assert (first["name"], second["name"]) == ("InitState", "BecomeFollower")
    assert second == {
        "name": "BecomeFollower",
        "nid": "2",
        "state": {"term": 1, "vote": "0", "commit": 1},
        "role": "StateFollower",
        "log": 1,
        "conf": [["1", "2", "3"], []],
    }


def test_what_is_received_was_sent() -> None:
    """With the same contents, except what went over no network: a leader's own answers."""
    lines = run().lines()
    sent = [json.dumps(line["msg"]) for line in lines if line["name"].startswith("Send")]

    received = [json.dumps(line["msg"]) for line in lines if line["name"].startswith("Receive")]

    assert received
    assert set(received) <= set(sent)


def test_a_message_is_received_before_its_term_is_followed() -> None:
    """The specification explains the next event with it."""
    names = [line["name"] for line in run().lines() if line["nid"] == "2"]

    position = names.index("ReceiveRequestVoteRequest")

    assert names[position : position + 3] == [
        "ReceiveRequestVoteRequest",
        "BecomeFollower",
        "SendRequestVoteResponse",
    ]


def test_an_append_shows_what_the_specification_compares() -> None:
    """Position, number of entries, and the commit index capped at what is sent."""
    lines = run().lines()

    [append] = [
        line
        for line in lines
        if line["name"] == "SendAppendEntriesRequest"
        and line["msg"]["to"] == "2"
        and line["msg"]["entries"] == 2
    ]

    assert append["msg"] == {
        "type": "MsgApp",
        "term": 2,
        "from": "1",
        "to": "2",
        "entries": 2,
        "logTerm": 2,
        "index": 2,
        "commit": 2,
        "vote": "0",
        "reject": False,
        "rejectHint": 0,
    }
    assert append["prop"] == {"match": 2, "next": 3}


def test_a_change_shows_its_member_and_then_the_voters() -> None:
    """When it is proposed and when it takes effect."""
    lines = run().lines()
    proposed = [line["prop"] for line in lines if line["name"] == "ChangeConf"]
    applied = [
        line["prop"] for line in lines if line["name"] == "ApplyConfChange" and line["nid"] == "1"
    ]

    assert proposed == [
        {"cc": {"changes": [{"nid": "4", "action": "AddLearner"}]}},
        {"cc": {"changes": [{"nid": "4", "action": "AddNewServer"}]}},
    ]
    assert [each["cc"]["newconf"] for each in applied] == [["1", "2", "3"], ["1", "2", "3", "4"]]


def test_a_snapshot_appears_as_an_append_of_everything_before_it() -> None:
    """Once, with its last chunk."""
    [snapshot] = [
        line["msg"]
        for line in run().lines()
        if line["name"] == "SendAppendEntriesRequest" and line["msg"]["type"] == "MsgSnap"
    ]

    assert (snapshot["to"], snapshot["entries"], snapshot["index"]) == ("4", 4, 0)


def test_every_state_is_one_that_a_log_can_have() -> None:
    """The commit index is within the log, and a leader has voted for itself."""
    for event in run().events:
        assert event.commit_index <= event.last_index
        assert event.role is not Role.LEADER or event.vote == event.member


def test_without_an_observer_nothing_is_built() -> None:
    """Observation costs a comparison when it is off."""
    traced = Traced()
    traced.events.clear()

    for node in traced.nodes.values():
        node.raft.observe = None
    traced.nodes[1].raft.campaign()
    traced.settle()

    assert traced.events == []
    assert traced.nodes[1].raft.role is Role.LEADER
