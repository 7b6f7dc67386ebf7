"""Planted bugs of whole members: disks, reads, keys, watches and leases; rows 25 to 50.

Row 51 (a lock that is not checked again after waiting) is not asserted: etcd promises no mutual
exclusion either (Jepsen, etcd 3.4.3), and there is no lock here. Row 52 (permissions applied from
local state) needs authentication, which there is none of.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from typing import Final

from kactors.testing.etcd.hunter import ETCD_HUNTER
from kactors.testing.mutants import Edit, Mutant, edited

HUNTERS = {"etcd": ETCD_HUNTER}

_etcd: Final[Callable[..., Mutant]] = partial(Mutant, hunt="etcd")


def _edit(place: str, before: str, after: str) -> Callable[[], AbstractContextManager[None]]:
    """Return one change in ``module:function`` of `kactors.etcd`."""
    module, _, name = place.partition(":")
    return edited(Edit(f"kactors.etcd.{module}", name, before, after))


DISKS = (
    _etcd(
        name="etcd-sent-before-durable",
        number=25,
        source="PySyncObj #84; etcd #14140; Nebula",
        invariant="what was acknowledged survives a loss of power",
        apply=_edit(
            "driver:Driver._take",
            "self._unwritten.append(ready)",
            "self._unwritten.append(ready); self._mail.put(ready.messages)",
        ),
    ),
    _etcd(
        name="etcd-group-commit-without-sync",
        number=25,
        source="PySyncObj #84; etcd #14140; Nebula",
        invariant="what was acknowledged survives a loss of power",
        apply=_edit("member_storage:MemberStorage.write", "if must_sync:", "if installed:"),
    ),
    _etcd(
        name="etcd-conflict-not-truncated-in-the-log",
        number=34,
        source="Qdrant #1329",
        invariant="one log, after a restart",
        apply=_edit(
            "log_records:_extend",
            "del entries[first - entries[0].index :]",
            "batch = batch[entries[-1].index + 1 - first :]",
        ),
    ),
    _etcd(
        name="etcd-page-counted-as-everything",
        number=36,
        source="etcd/raft 8ecce32, found in CockroachDB",
        invariant="every entry is applied once",
        apply=edited(
            Edit(
                "kactors.etcd.driver",
                "Driver._follow_up",
                "self.applier.apply(ready.committed)",
                "self.applier.apply(ready.committed[-3:])",
            )
        ),
        notes="more than three entries in one page are cut",
    ),
    _etcd(
        name="etcd-replayed-after-restart",
        number=42,
        source="etcd #13766, the post-mortem of 3.5; #14685; #14370",
        invariant="a member applies every entry once",
        apply=edited(
            Edit(
                "kactors.etcd.snapshot",
                "dump",
                "store.applied_index,",
                "store.applied_index - (store.applied_index > 1),",
            ),
        ),
        notes="the data and its index are not saved as one",
    ),
    _etcd(
        name="etcd-compaction-before-its-snapshot-counts",
        number=44,
        source="etcd #17780 family",
        invariant="a member comes back with what it had",
        apply=_edit(
            "member_storage:MemberStorage.compact",
            "await self.wal.release(self._number_of(upto + 1, otherwise=marker))",
            "await self.wal.release(marker)",
        ),
        notes="segments with entries behind the snapshot are deleted",
    ),
    _etcd(
        name="etcd-answer-to-somebody-elses-entry",
        number=18,
        source="camunda #5360 family",
        invariant="what was acknowledged happened",
        apply=_edit(
            "applier:Applier.apply",
            "pending is not None and pending.term == term",
            "pending is not None",
        ),
        notes="whoever waited at an index gets what another leader put there",
    ),
)

READS = (
    _etcd(
        name="etcd-local-reads",
        number=38,
        source="etcd #741; Jepsen, etcd 0.4.1",
        invariant="linearizable reads",
        apply=_edit("driver:Driver.read_barrier", "not await mine.wait()", "False"),
    ),
    _etcd(
        name="etcd-read-before-first-commit",
        number=39,
        source="etcd #7331",
        invariant="linearizable reads",
        apply=edited(
            Edit(
                "kactors.raft.read_index",
                "flush",
                "if not reads.waiting or not has_committed_in_term(raft):",
                "if not reads.waiting:",
            )
        ),
    ),
    _etcd(
        name="etcd-read-does-not-wait-for-its-index",
        number=38,
        source="etcd 0.4.1 family",
        invariant="linearizable reads",
        apply=_edit("reads:Reads.release", "if index > applied_index:", "if index < 0:"),
    ),
    _etcd(
        name="etcd-read-number-used-again",
        number=40,
        source="etcd #20418; etcd/raft PR 397",
        invariant="linearizable reads",
        apply=_edit("reads:Reads.ask", "self._number += 1", "self._number = 1"),
        notes="the answer to an old question serves reads that came after it",
    ),
)

KEYS = (
    _etcd(
        name="etcd-transaction-half-done",
        number=43,
        source="etcd #18667",
        invariant="a transaction happens wholly or not at all",
        apply=_edit("txn:Writer.txn", "self._check_txn(request, iter(path))", "pass"),
    ),
    _etcd(
        name="etcd-revision-goes-back",
        number=44,
        source="etcd #17780",
        invariant="revisions do not go back",
        apply=_edit(
            "mvcc:Mvcc.restore",
            "self._committed = len(self.log)",
            "self._committed = len(self.log)\n"
            "    self.revision = max([1, *(c.kv.mod_revision for c in self.log if c.kv.version)])",
        ),
        notes="computed from what lives, which a deletion at the end does not",
    ),
    _etcd(
        name="etcd-snapshot-forgets-what-hangs-on-leases",
        number=42,
        source="etcd lessor recovery",
        invariant="every member has the same state",
        apply=_edit("snapshot:SnapshotReader.finish", "lease.keys[kv.key] = None", "pass"),
    ),
)

WATCHES = (
    _etcd(
        name="etcd-compaction-takes-its-own-revision",
        number=45,
        source="etcd #18089, #19179",
        invariant="a watch from the compact revision sees all of it",
        apply=_edit(
            "mvcc:Mvcc.scrub",
            "self._drop(min(stop, self.position(self.compacted)))",
            "self._drop(stop)",
        ),
    ),
    _etcd(
        name="etcd-slow-watch-loses-events",
        number=46,
        source="etcd #17529",
        invariant="a watch tells everything",
        apply=_edit(
            "feed:Feed._forget", "self.since = self._batches[count - 1].revision + 1", "pass"
        ),
    ),
    _etcd(
        name="etcd-progress-ahead-of-events",
        number=47,
        source="etcd #15220",
        invariant="progress comes after all events up to it",
        apply=edited(
            Edit(
                "kactors.etcd.watchers",
                "Watcher.poll",
                "upto = batches[len(taken)].revision - 1",
                "pass",
            )
        ),
        notes="a response that is full says that it is complete",
    ),
    _etcd(
        name="etcd-progress-of-the-future",
        number=47,
        source="etcd #20221",
        invariant="a watch does not begin before its start",
        apply=_edit(
            "watchers:Watcher.progress", "or self.next_revision > revision + 1", "or False"
        ),
    ),
    _etcd(
        name="etcd-watch-back-in-time",
        number=48,
        source="etcd #15271",
        invariant="a watch tells everything once and in order",
        apply=_edit(
            "watchers:Watchers.create",
            "watcher = Watcher(self, feed, watch_id, start)",
            "watcher = Watcher(self, feed, watch_id, min(start, self.mvcc.revision + 1))",
        ),
        notes="a member that is behind takes a revision it has not seen for now",
    ),
    _etcd(
        name="etcd-watch-skips-a-snapshot",
        number=46,
        source="etcd restore of watchable stores",
        invariant="a watch tells everything",
        apply=_edit(
            "watchers:Watchers.replace",
            "self.mvcc = mvcc",
            "self.mvcc = mvcc\n"
            "    for watcher in self._watchers: watcher.next_revision = mvcc.revision + 1",
        ),
    ),
    _etcd(
        name="etcd-client-resumes-one-too-late",
        number=48,
        source="etcd client #15271 family",
        invariant="a watch tells everything",
        apply=_edit(
            "client_watch:ClientWatch._open",
            "start_revision=self.next_revision)",
            "start_revision=self.next_revision + bool(self.resumed))",
        ),
    ),
)

LEASES = (
    _etcd(
        name="etcd-old-leader-goes-on-counting",
        number=49,
        source="etcd #15247, #12528; fixed in PR 16822",
        invariant="a lease that is kept alive does not end",
        apply=_edit("lease_keeper:LeaseKeeper.follow", "self._expiry.demote()", "pass"),
        notes=(
            "etcd's old leader asked the new one to revoke; ours can only propose in its own term, "
            "so the story needs it to lead again before its clockwork is reset"
        ),
    ),
    _etcd(
        name="etcd-no-new-time-on-promotion",
        number=50,
        source="etcd lessor, Promote(extend)",
        invariant="a lease does not end early",
        apply=_edit(
            "lease_expiry:Expiry.promote",
            "now_ns + self._stretched(seconds) + extend_ns",
            "now_ns + extend_ns",
        ),
        notes="leaving out only `extend_ns` is equivalent: ours counts all of the time anew",
    ),
    _etcd(
        name="etcd-keep-alive-not-confirmed",
        number=49,
        source="etcd #15247 family",
        invariant="a lease that is kept alive does not end",
        apply=_edit("lease_keeper:LeaseKeeper._confirm", "await driver.read_barrier()", "pass"),
    ),
    _etcd(
        name="etcd-remainder-outlives-keep-alive",
        number=50,
        source="etcd #13508 family: checkpoints",
        invariant="a lease that is kept alive does not end",
        apply=_edit("lease_expiry:Expiry.renew", "if held.remaining_ttl:", "if False:"),
    ),
    _etcd(
        name="etcd-fast-clock-trusted",
        number=50,
        source="Gray and Cheriton, Leases, SOSP 1989",
        invariant="a lease does not end early by true time",
        apply=_edit(
            "lease_expiry:Expiry._stretched",
            "-(-seconds * _SECOND * self._config.drift_ppm_max // _MILLION)",
            "0",
        ),
    ),
    _etcd(
        name="etcd-lease-keys-stay",
        number=49,
        source="textbook",
        invariant="the keys of a lease end with it",
        apply=_edit(
            "store:Store._lease_expire",
            "self._end_lease(lease)",
            "self.lessor.revoke(lease)",
        ),
    ),
)

MUTANTS = DISKS + READS + KEYS + WATCHES + LEASES
