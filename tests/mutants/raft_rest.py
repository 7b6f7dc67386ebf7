"""Planted bugs of disks, members, snapshots and reads: rows 25 to 42 of the corpus."""

from kactors.testing.mutants import Edit, Mutant, edited

_ELECTION = "kactors.raft.election"
_LOG = "kactors.raft.log"
_READ = "kactors.raft.read_index"

DISKS = (
    Mutant(
        name="sent-before-durable",
        number=25,
        source="PySyncObj #84; etcd #14140; Nebula",
        invariant="persist before answering",
        apply=edited(
            Edit(
                "kactors.raft.core",
                "Raft.promise",
                "self.outbox.promises.append((to, message))",
                "self.outbox.now.append((to, message))",
            )
        ),
    ),
    Mutant(
        name="truncation-not-written",
        number=34,
        source="Qdrant #1329",
        invariant="committed entries stay over a crash",
        apply=edited(
            Edit(
                "kactors.raft.storage",
                "MemoryLog.append",
                "del self._entries[keep:]\n    self._entries.extend(entries)",
                "self._entries[keep : keep + len(entries)] = entries",
            )
        ),
    ),
    Mutant(
        name="late-write-vouches-for-what-was-replaced",
        number=35,
        source="etcd/raft, async_storage_writes_append_aba_race.txt",
        invariant="what is committed is on a quorum",
        apply=edited(
            Edit(
                _LOG,
                "RaftLog._distrust_writes",
                "write.vouches_for = min(write.vouches_for, last_index)",
                "pass",
            )
        ),
        notes="needs a slow disk and two changes of leaders above it",
    ),
    Mutant(
        name="written-commit-follows-the-pages",
        number=36,
        source="etcd/raft 8ecce32, found in CockroachDB",
        invariant="a commit index does not go back",
        apply=edited(
            Edit(
                "kactors.raft.outbox",
                "Outbox._recordable_commit",
                "log.durable_commit_index",
                "min(log.durable_commit_index, log.applying_index)",
            )
        ),
    ),
    Mutant(
        name="written-commit-ahead-of-the-entries",
        number=36,
        source="our own core, found by this harness",
        invariant="state machine safety",
        apply=edited(
            Edit(
                "kactors.raft.outbox",
                "Outbox._recordable_commit",
                "self._saved_hard[3] if log.snapshot is not None else log.durable_commit_index",
                "log.commit_index",
            )
        ),
        notes="a write torn between hard state and entries calls other entries committed",
    ),
    Mutant(
        name="entries-applied-again-after-a-restart",
        number=42,
        source="etcd #13766 and the post-mortem of v3.5",
        invariant="exactly once",
        apply=edited(
            Edit(
                "kactors.raft.recovery",
                "recall",
                "log.resume_applying(applied_index)",
                "log.resume_applying(0)",
            )
        ),
    ),
)

FLOW = (
    Mutant(
        name="inflight-bytes-not-reset",
        number=37,
        source="etcd/raft e419ba5",
        invariant="liveness",
        apply=edited(Edit("kactors.raft.progress", "Inflights.clear", "self.bytes = 0", "pass")),
    ),
    Mutant(
        name="uncommitted-bytes-never-freed",
        number=37,
        source="etcd/raft a370b6f",
        invariant="liveness: proposals are taken",
        apply=edited(
            Edit(
                "kactors.raft.uncommitted",
                "Uncommitted.free_to",
                "self.bytes -= batches.popleft()[1]",
                "batches.popleft()",
            )
        ),
    ),
)

MEMBERS = (
    Mutant(
        name="change-before-the-term-is-committed",
        number=26,
        source="Ongaro on raft-dev, 2015",
        invariant="election safety",
        apply=edited(
            Edit(
                "kactors.raft.replication",
                "append_opening",
                "raft.membership.pending_index = raft.opening_index",
                "pass",
            )
        ),
    ),
    Mutant(
        name="joint-majority-of-the-union",
        number=27,
        source="etcd/raft, quorum/testdata/joint_commit.txt; RethinkDB",
        invariant="election safety",
        apply=edited(
            Edit(
                "kactors.raft.quorum",
                "agreed",
                "    value = majority_value(",
                "    return majority_value([value_of(m) for m in configuration.electorate])\n"
                "    value = majority_value(",
            ),
            Edit(
                "kactors.raft.quorum",
                "verdict",
                "    verdicts = {",
                "    return majority_verdict(configuration.electorate, votes)\n    verdicts = {",
            ),
        ),
    ),
    Mutant(
        name="outgoing-half-forgotten",
        number=28,
        source="etcd/raft e515a67; openraft 6c0ccaf3",
        invariant="election safety",
        apply=edited(
            Edit(
                "kactors.raft.membership",
                "Membership.__init__",
                "self.active = configuration",
                "self.active = Configuration(configuration.voters, configuration.learners)",
            )
        ),
        notes="needs a snapshot that was made while the configuration was joint",
    ),
    Mutant(
        name="joint-left-twice",
        number=29,
        source="etcd/raft bd3c759",
        invariant="a member does not stop",
        apply=edited(
            Edit(
                "kactors.raft.membership",
                "leave_joint_if_due",
                "and raft.membership.pending_index <= raft.log.commit_index",
                "",
            )
        ),
    ),
    Mutant(
        name="wiped-member-votes",
        number=30,
        source="RethinkDB 2.2.3, Jepsen (aphyr.com/posts/330)",
        invariant="a member votes once in a term",
        apply=edited(Edit("kactors.raft.recovery", "is_blank", "return True", "return False")),
    ),
    Mutant(
        name="recovery-announced-before-it-is-durable",
        number=30,
        source="found by this harness",
        invariant="liveness after a second crash",
        apply=edited(
            Edit(
                "kactors.raft.replication",
                "on_heartbeat",
                "if raft.recovered_by is None:",
                "if True:",
            )
        ),
        notes="needs a disk that stalls while its member recovers, and a crash then",
    ),
    Mutant(
        name="anybody-campaigns",
        number=31,
        source="etcd/raft db54973",
        invariant="a member does not stop",
        apply=edited(
            Edit(
                _ELECTION,
                "promotable",
                "raft.membership.active.is_voter(raft.member)",
                "True",
            )
        ),
    ),
    Mutant(
        name="learner-never-votes",
        number=31,
        source="etcd/raft, campaign_learner_must_vote.txt",
        invariant="liveness",
        apply=edited(
            Edit(
                _ELECTION,
                "entitled_to_vote",
                "and bool(raft.membership.active.voters)",
                "and raft.membership.active.is_voter(raft.member)",
            )
        ),
        notes="a voter that does not know of its promotion must vote if asked",
    ),
)

SNAPSHOTS = (
    Mutant(
        name="snapshot-replaces-a-longer-log",
        number=32,
        source="akka-entity-replication #167; willemt/raft #118",
        invariant="acknowledged entries stay",
        apply=edited(
            Edit(
                "kactors.raft.snapshot",
                "is_covered",
                "return snapshot.index <= raft.log.commit_index or raft.log.matches(\n"
                "        snapshot.index, snapshot.term\n    )",
                "return snapshot.index <= raft.log.commit_index",
            )
        ),
    ),
    Mutant(
        name="older-snapshot-installed",
        number=32,
        source="etcd/raft #157; etcd #18055",
        invariant="a commit index does not go back",
        apply=edited(
            Edit(
                "kactors.raft.snapshot",
                "is_covered",
                "snapshot.index <= raft.log.commit_index or ",
                "",
            )
        ),
    ),
    Mutant(
        name="compacted-term-matches",
        number=33,
        source="etcd/raft 76f1249, slow_follower_after_compaction.txt",
        invariant="log matching",
        apply=edited(
            Edit(
                _LOG,
                "RaftLog.matches",
                "return self.term(index) == term",
                "return self.term(index) in (None, term)",
            )
        ),
    ),
)

READS = (
    Mutant(
        name="leader-reads-its-own-state",
        number=38,
        source="etcd #741, Jepsen",
        invariant="linearizable reads",
        apply=edited(Edit(_READ, "flush", "if is_alone(raft) or holds_lease(raft):", "if True:")),
    ),
    Mutant(
        name="read-before-the-term-is-committed",
        number=39,
        source="etcd #7331",
        invariant="linearizable reads",
        apply=edited(
            Edit(
                _READ,
                "flush",
                "if not reads.waiting or not has_committed_in_term(raft):",
                "if not reads.waiting:",
            )
        ),
    ),
    Mutant(
        name="read-confirmed-by-an-earlier-round",
        number=40,
        source="etcd #20418; etcd/raft #397",
        invariant="linearizable reads",
        apply=edited(
            Edit(
                _READ,
                "flush",
                "    replication.broadcast_heartbeat(raft)\n"
                "    reads.rounds.append((reads.round, index, batch))",
                "    reads.rounds.append((reads.round, index, batch))\n"
                "    replication.broadcast_heartbeat(raft)",
            )
        ),
        notes="our rounds are never used again, so what is planted is what that protects from: "
        "an acknowledgement of a round that began before the read",
    ),
    Mutant(
        name="refusal-confirms-a-round",
        number=40,
        source="our own core, found by this harness",
        invariant="linearizable reads",
        apply=edited(
            Edit(
                _ELECTION,
                "admit_older_term",
                "HeartbeatReply(term, round=0)",
                "HeartbeatReply(term, message.round)",
            )
        ),
        notes="a heartbeat of a member's former term comes late, and its refusal, which carries "
        "the present term, confirms a round that the same member has yet to open",
    ),
    Mutant(
        name="whole-snapshot-not-installed",
        number=32,
        source="our own core, found by this harness",
        invariant="liveness",
        apply=edited(
            Edit(
                "kactors.raft.snapshot",
                "is_whole",
                "return incoming.offset >= incoming.snapshot.size_bytes > 0",
                "return False",
            )
        ),
        notes="a crash between the last chunk and the installation",
    ),
    Mutant(
        name="lease-counted-from-the-answer",
        number=41,
        source="etcd/raft, ReadOnlyLeaseBased; Redpanda, braft",
        invariant="linearizable reads",
        apply=edited(
            Edit(
                _READ,
                "confirm",
                "reads.lease_tick = reads.round_ticks.popleft()[1]",
                "reads.round_ticks.popleft()\n        reads.lease_tick = raft.now",
            )
        ),
    ),
    Mutant(
        name="lease-forgotten-at-restart",
        number=41,
        source="thesis, section 6.4.1",
        invariant="linearizable reads",
        apply=edited(
            Edit(
                "kactors.raft.shield",
                "forgot_a_lease",
                "raft.config.read_mode is ReadMode.LEASE",
                "False",
            )
        ),
    ),
)

MUTANTS = DISKS + FLOW + MEMBERS + SNAPSHOTS + READS
