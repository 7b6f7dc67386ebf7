"""Planted bugs of elections, replication and commits: rows 1 to 24 of the corpus."""

from kactors.testing.mutants import Edit, Mutant, edited

_ELECTION = "kactors.raft.election"
_REPLICATION = "kactors.raft.replication"
_LOG = "kactors.raft.log"

#: Correct, and less clever than ours: our leader never probes before the point where the logs
#: meet, so no follower has anything beyond an append that it accepts but what is the leader's.
#: That makes two known bugs equivalent here; with this they are what they are elsewhere.
_BACK_OFF_FURTHER = Edit(
    "kactors.raft.progress",
    "Progress.back_off",
    "self.next_index = max(min(rejected, hint + 1), self.match_index + 1)",
    "self.next_index = self.match_index + 1",
)

ELECTIONS = (
    Mutant(
        name="vote-forgotten-at-restart",
        number=2,
        source="PySyncObj #84, #202; barge #5",
        invariant="a member votes once in a term",
        apply=edited(
            Edit(
                "kactors.raft.core",
                "Raft.__init__",
                "self.vote = hard_state.vote",
                "self.vote = None",
            )
        ),
    ),
    Mutant(
        name="term-forgotten-at-restart",
        number=3,
        source="PySyncObj #202, #201; Zeebe #19290",
        invariant="a term does not go back",
        apply=edited(
            Edit(
                "kactors.raft.core",
                "Raft.__init__",
                "self.term = hard_state.term",
                "self.term = 0",
            )
        ),
    ),
    Mutant(
        name="vote-forgotten-at-step-down",
        number=4,
        source="Hazelcast #16643",
        invariant="a member votes once in a term",
        apply=edited(
            Edit(
                _ELECTION,
                "enter_term",
                "raft.attempt += 1",
                "raft.attempt += 1; raft.vote = None",
            )
        ),
    ),
    Mutant(
        name="vote-given-twice",
        number=5,
        source="textbook",
        invariant="a member votes once in a term",
        apply=edited(
            Edit(
                _ELECTION,
                "vote_is_free",
                "return raft.vote == candidate or (raft.vote is None and raft.leader is None)",
                "return True",
            )
        ),
    ),
    Mutant(
        name="vote-for-any-log",
        number=6,
        source="textbook; paper, section 5.4.1",
        invariant="leader completeness",
        apply=edited(
            Edit(
                _ELECTION,
                "grants_vote",
                "and raft.log.is_current(message.last_log_index, message.last_log_term)",
                "",
            )
        ),
    ),
    Mutant(
        name="vote-for-the-longer-log",
        number=7,
        source="openraft a48a3282",
        invariant="leader completeness",
        apply=edited(
            Edit(
                _LOG,
                "RaftLog.is_current",
                "(last_term, last_index) >= (self.last_term, self.last_index)",
                "last_index >= self.last_index",
            )
        ),
    ),
    Mutant(
        name="half-is-a-majority",
        number=8,
        source="openraft d60f1e85",
        invariant="all of them",
        apply=edited(
            Edit(
                "kactors.raft.quorum",
                "majority",
                "return count // 2 + 1",
                "return max(1, count // 2)",
            )
        ),
    ),
    Mutant(
        name="old-votes-counted",
        number=10,
        source="textbook; paper, Figure 2",
        invariant="election safety",
        apply=edited(
            Edit(
                _ELECTION,
                "admit_older_term",
                "case PreVote() | PreVoteReply():",
                "case PreVote() | PreVoteReply() | RequestVoteReply():",
            )
        ),
        notes="needs a vote that comes late, to a candidate of a newer term",
    ),
    Mutant(
        name="step-down-truncates",
        number=17,
        source="Microsoft CCF #5674 (found with TLA+); Nebula #2483",
        invariant="leader completeness",
        apply=edited(
            Edit(
                _ELECTION,
                "become_follower",
                "    _leave_role(raft, term)\n",
                "    if raft.role is Role.LEADER and raft.log.last_index > raft.log.commit_index:\n"
                "        raft.log._truncate(raft.log.commit_index + 1)\n"
                "        raft.log.last_index = raft.log.commit_index\n"
                "    _leave_role(raft, term)\n",
            )
        ),
    ),
    Mutant(
        name="step-down-appends-in-the-new-term",
        number=18,
        source="Camunda #5360",
        invariant="log matching",
        apply=edited(
            Edit(
                _ELECTION,
                "become_follower",
                "    _leave_role(raft, term)\n",
                "    from kactors.raft.messages import Entry\n"
                "    if raft.role is Role.LEADER and term > raft.term:\n"
                "        raft.log.append((Entry(raft.log.last_index + 1, term, b'0'),))\n"
                "    _leave_role(raft, term)\n",
            )
        ),
    ),
    Mutant(
        name="newer-terms-in-replies-ignored",
        number=20,
        source="Nebula #2419, the fake leader",
        invariant="liveness",
        apply=edited(
            Edit(
                _ELECTION,
                "admit_newer_term",
                "    leads = isinstance(",
                "    if isinstance(message, AppendEntriesReply | HeartbeatReply):\n"
                "        return False\n"
                "    leads = isinstance(",
            )
        ),
        notes="safety does not mind; a member in a newer term is never reached again",
    ),
    Mutant(
        name="pre-vote-refused-to-the-former-leader",
        number=22,
        source="hashicorp/raft #605",
        invariant="liveness",
        apply=edited(
            Edit(
                _ELECTION,
                "on_pre_vote",
                "and entitled_to_vote(raft)",
                "and entitled_to_vote(raft) and sender != raft.vote",
            )
        ),
        notes="our followers forget a leader after a timeout, so what is planted is the memory "
        "that lasts: whom the member voted for",
    ),
    Mutant(
        name="pre-vote-before-a-transfer",
        number=23,
        source="canonical/raft #203",
        invariant="liveness: transfers succeed",
        apply=edited(
            Edit(
                _ELECTION,
                "campaign",
                "if raft.config.pre_vote and not transfer:",
                "if raft.config.pre_vote:",
            )
        ),
    ),
    Mutant(
        name="leader-not-protected",
        number=24,
        source="CockroachDB #104042; hashicorp/raft divergence.md",
        invariant="liveness behind a partial partition",
        apply=edited(
            Edit(
                "kactors.raft.shield",
                "protects",
                "    if not raft.config.check_quorum:\n        return False\n",
                "    if True:\n        return False\n",
            )
        ),
    ),
)

REPLICATION = (
    Mutant(
        name="older-terms-committed-by-counting",
        number=1,
        source="paper, section 5.4.2 and Figure 8; logcabin #44; PySyncObj #169",
        invariant="what is committed stays",
        apply=edited(
            Edit(
                _REPLICATION,
                "is_committable",
                "return raft.log.term(index) == raft.term",
                "return True",
            )
        ),
        notes="invisible unless batches are small: a leader's opening entry must travel apart",
    ),
    Mutant(
        name="match-indexes-not-sorted",
        number=9,
        source="openraft #1802",
        invariant="what is committed is on a quorum",
        apply=edited(
            Edit(
                "kactors.raft.quorum",
                "majority_value",
                "return sorted(values)[len(values) - majority(len(values))]",
                "return values[len(values) - majority(len(values))]",
            )
        ),
    ),
    Mutant(
        name="old-acknowledgements-counted",
        number=11,
        source="textbook; paper, Figure 2",
        invariant="what is committed is on a quorum",
        apply=edited(
            Edit(
                _ELECTION,
                "admit_older_term",
                "case PreVote() | PreVoteReply():",
                "case PreVote() | PreVoteReply() | AppendEntriesReply():",
            )
        ),
        notes="deep: the same member must lead twice, and the log change in between",
    ),
    Mutant(
        name="append-always-truncates",
        number=12,
        source="openraft 9540c904; alive in PySyncObj 0.3.17",
        invariant="acknowledged entries stay",
        apply=edited(
            Edit(
                _LOG,
                "RaftLog.after_match",
                "if not self.matches(entry.index, entry.term):",
                "if True:",
            )
        ),
    ),
    Mutant(
        name="previous-term-not-checked",
        number=13,
        source="textbook; willemt/raft #118",
        invariant="log matching",
        apply=edited(
            Edit(
                _REPLICATION,
                "on_append_entries",
                "if not log.matches(prev_index, message.prev_log_term):",
                "if prev_index > log.last_index:",
            )
        ),
    ),
    Mutant(
        name="commit-beyond-what-was-sent",
        number=14,
        source="Copycat #265; ScyllaDB #9965; CockroachDB #122690",
        invariant="state machine safety",
        apply=edited(
            Edit(
                _REPLICATION,
                "on_append_entries",
                "min(message.leader_commit, last_new_index)",
                "min(message.leader_commit, log.last_index)",
            ),
            _BACK_OFF_FURTHER,
        ),
        notes="equivalent with our exact back-off, so the mutant backs off further",
    ),
    Mutant(
        name="heartbeat-commits-beyond-the-match",
        number=14,
        source="etcd/raft, bcastHeartbeat: commit is min(match, commit)",
        invariant="state machine safety",
        apply=edited(
            Edit(
                _REPLICATION,
                "broadcast_heartbeat",
                "commit_index = min(progress.match_index, raft.log.commit_index)",
                "commit_index = raft.log.commit_index",
            )
        ),
        notes="the same promise by the other message that carries a commit index",
    ),
    Mutant(
        name="whole-log-acknowledged",
        number=15,
        source="RedisLabs/raft #49",
        invariant="what is committed is on a quorum",
        apply=edited(
            Edit(
                _REPLICATION,
                "on_append_entries",
                "acknowledge(raft, sender, last_new_index)",
                "acknowledge(raft, sender, log.last_index)",
            ),
            _BACK_OFF_FURTHER,
        ),
        notes="equivalent with our exact back-off, so the mutant backs off further",
    ),
    Mutant(
        name="commit-assigned",
        number=16,
        source="PySyncObj #166",
        invariant="a commit index does not go back",
        apply=edited(
            Edit(
                _REPLICATION,
                "on_append_entries",
                "min(message.leader_commit, last_new_index)) > log.commit_index",
                "min(message.leader_commit, last_new_index)) != log.commit_index",
            ),
            Edit(
                _LOG,
                "RaftLog.commit_to",
                "if index <= self.commit_index:",
                "if index == self.commit_index:",
            ),
        ),
    ),
    Mutant(
        name="next-index-falls-to-zero",
        number=19,
        source="etcd/raft #149; willemt/raft #118",
        invariant="liveness",
        apply=edited(
            Edit(
                "kactors.raft.progress",
                "Progress.become_probe",
                "self.next_index = max(next_index or 0, self.match_index + 1)",
                "self.next_index = next_index or 0",
            )
        ),
    ),
)

MUTANTS = ELECTIONS + REPLICATION
