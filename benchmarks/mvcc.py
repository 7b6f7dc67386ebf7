"""The multi-version store by itself: what history costs on top of a sorted dict.

The baseline keeps one version of each key in a ``SortedDict`` with a counter for a revision, and
writes itself down with msgpack. It has no past, no log for watches, no leases, no hash, no checksum
and no check of anything: it is the floor, not a rival. Both hold the same keys and the same bytes.

Reads and single writes are made on `Mvcc`; transactions and snapshots on the `Store` around it. All
times are CPU time.

Run with ``python -m benchmarks.mvcc [--quick] [--json]``.
"""

import gc
import time  # noqa: TID251 - a benchmark measures the machine, not the simulated world
from collections.abc import Callable, Iterator
from itertools import islice

import attrs
import msgpack
from sortedcontainers import SortedDict

from benchmarks.report import Measure, Row, alone, command, compare
from kactors.etcd.key_range import KeyRange, prefix_end
from kactors.etcd.messages import Compare, CompareResult, CompareTarget, Put, Range, Txn
from kactors.etcd.mvcc import Mvcc
from kactors.etcd.snapshot import dump, load
from kactors.etcd.store import Store

PREFIX = b"/registry/pods/default/"
VALUE = bytes(range(256))
PAGE = 500


@attrs.frozen
class Load:
    """What the stores are filled with.

    Attributes:
        keys: how many.
        versions: how often each was written, all keys in turn.
    """

    keys: int
    versions: int

    def names(self) -> list[bytes]:
        """Return the keys, not in their order: each store has to sort them."""
        # The factor has no divisor in common with the numbers of keys that are used.
        return [PREFIX + b"web-%06d" % (number * 7919 % self.keys) for number in range(self.keys)]


class Bare:
    """What is left without history: ``{key: (revision, value)}``, sorted."""

    def __init__(self) -> None:
        self.revision = 1
        self.table: SortedDict[bytes, tuple[int, bytes]] = SortedDict()

    def put(self, key: bytes, value: bytes) -> None:
        """Write a key."""
        self.revision += 1
        self.table[key] = (self.revision, value)

    def get(self, key: bytes) -> tuple[int, bytes] | None:
        """Read a key."""
        return self.table.get(key)

    def delete(self, key: bytes) -> None:
        """Delete a key."""
        self.revision += 1
        del self.table[key]

    def swap(self, key: bytes, revision: int, value: bytes) -> bool:
        """Write a key if it was last written at ``revision``."""
        found = self.table.get(key)
        if found is None or found[0] != revision:
            return False
        self.put(key, value)
        return True

    def page(self, start: bytes, end: bytes | None, limit: int) -> list[tuple[bytes, int, bytes]]:
        """Read up to ``limit`` keys from ``start`` on."""
        keys = self.table.irange(start, end, inclusive=(True, False))
        return [(key, *self.table[key]) for key in islice(keys, limit)]

    def dump(self) -> bytes:
        """Write everything down."""
        rows = [(key, revision, value) for key, (revision, value) in self.table.items()]
        return msgpack.packb([self.revision, rows])

    @classmethod
    def load(cls, data: bytes) -> "Bare":
        """Read what `dump` wrote."""
        bare = cls()
        bare.revision, rows = msgpack.unpackb(data, use_list=False)
        bare.table = SortedDict((key, (revision, value)) for key, revision, value in rows)
        return bare


# Filling --------------------------------------------------------------------------------------


def filled_mvcc(held: Load) -> Mvcc:
    """Return a store with all versions."""
    mvcc = Mvcc()
    for _ in range(held.versions):
        write_all(mvcc, held.names())
    return mvcc


def filled_store(held: Load) -> Store:
    """Return a store with all versions, written by commands."""
    store = Store()
    for _ in range(held.versions):
        for key in held.names():
            store.apply(store.applied_index + 1, 1, Put(key, VALUE))
    return store


def filled_bare(held: Load) -> Bare:
    """Return the baseline; of what is written several times the last is left."""
    bare = Bare()
    for _ in range(held.versions):
        for key in held.names():
            bare.put(key, VALUE)
    return bare


def write_all(mvcc: Mvcc, names: list[bytes]) -> None:
    """Put each key, each in a transaction of its own."""
    for key in names:
        mvcc.put(key, VALUE)
        mvcc.commit()


# Measuring ------------------------------------------------------------------------------------


def us_each(count: int, work: Callable[[], object]) -> float:
    """Do something that consists of ``count`` parts; return CPU microseconds for each."""
    gc.collect()  # What was set up is not what is measured.
    started_ns = time.thread_time_ns()
    work()
    return (time.thread_time_ns() - started_ns) / 1000 / count


def puts(held: Load, *, anew: bool) -> tuple[Measure, Measure]:
    """Write every key once: into an empty store, or over what is there."""
    names = held.names()
    before = attrs.evolve(held, versions=0 if anew else 1)

    def ours() -> float:
        mvcc = filled_mvcc(before)
        return us_each(held.keys, lambda: write_all(mvcc, names))

    def baseline() -> float:
        bare = filled_bare(before)

        def work() -> None:
            for key in names:
                bare.put(key, VALUE)

        return us_each(held.keys, work)

    return ours, baseline


def gets(held: Load) -> tuple[Measure, Measure]:
    """Read every key once."""
    names = held.names()
    mvcc, bare = filled_mvcc(held), filled_bare(held)

    def ours() -> float:
        return us_each(held.keys, lambda: [mvcc.get(key) for key in names])

    def baseline() -> float:
        return us_each(held.keys, lambda: [bare.get(key) for key in names])

    return ours, baseline


def pages(held: Load, *, past: bool) -> tuple[Measure, Measure]:
    """Read all keys in pages, as a client lists them; the baseline knows only the present."""
    mvcc, bare = filled_mvcc(held), filled_bare(held)
    revision = mvcc.revision // 2 if past else 0
    end = prefix_end(PREFIX)

    def ours() -> float:
        def work() -> None:
            start = PREFIX
            while page := mvcc.range(KeyRange(start, end), revision=revision, limit=PAGE):
                start = page[-1].key + b"\0"

        return us_each(held.keys, work)

    def baseline() -> float:
        def work() -> None:
            start = PREFIX
            while page := bare.page(start, end, PAGE):
                start = page[-1][0] + b"\0"

        return us_each(held.keys, work)

    return ours, baseline


def txns(held: Load) -> tuple[Measure, Measure]:
    """Write every key if its revision is the expected one, as an apiserver does."""

    def ours() -> float:
        store = filled_store(held)
        commands = []
        for key in held.names():
            kv = store.mvcc.get(key)
            assert kv is not None
            commands.append(
                Txn(
                    compare=(
                        Compare(key, CompareTarget.MOD, CompareResult.EQUAL, kv.mod_revision),
                    ),
                    success=(Put(key, VALUE),),
                    failure=(Range(key),),
                )
            )

        def work() -> None:
            for index, txn in enumerate(commands, store.applied_index + 1):
                store.apply(index, 1, txn)

        revision = store.mvcc.revision
        took = us_each(held.keys, work)
        assert store.mvcc.revision == revision + held.keys, "a transaction did not succeed"
        return took

    def baseline() -> float:
        bare = filled_bare(held)
        expected = [(key, bare.table[key][0]) for key in held.names()]
        return us_each(
            held.keys, lambda: [bare.swap(key, revision, VALUE) for key, revision in expected]
        )

    return ours, baseline


def deletes(held: Load) -> tuple[Measure, Measure]:
    """Delete every key, each in a transaction of its own."""
    names = held.names()

    def ours() -> float:
        mvcc = filled_mvcc(held)
        doomed = [KeyRange.of(key, b"") for key in names]

        def work() -> None:
            for keys in doomed:
                mvcc.delete(keys)
                mvcc.commit()

        return us_each(held.keys, work)

    def baseline() -> float:
        bare = filled_bare(held)

        def work() -> None:
            for key in names:
                bare.delete(key)

        return us_each(held.keys, work)

    return ours, baseline


def compaction(held: Load) -> Measure:
    """Remove all versions but the newest of each key; per version that is removed."""

    def ours() -> float:
        mvcc = filled_mvcc(held)

        def work() -> None:
            mvcc.compact(mvcc.revision)
            while not mvcc.scrub(1000):
                pass

        return us_each(held.keys * (held.versions - 1), work)

    return ours


def dumps(held: Load) -> tuple[Measure, Measure]:
    """Write down a store that has one version of each key, as the baseline has."""
    store, bare = compacted_store(held), filled_bare(held)
    return (
        lambda: us_each(held.keys, lambda: b"".join(dump(store))),
        lambda: us_each(held.keys, bare.dump),
    )


def loads(held: Load) -> tuple[Measure, Measure]:
    """Read what `dumps` writes."""
    ours, bare = list(dump(compacted_store(held))), filled_bare(held).dump()
    return (
        lambda: us_each(held.keys, lambda: load(ours)),
        lambda: us_each(held.keys, lambda: Bare.load(bare)),
    )


def compacted_store(held: Load) -> Store:
    """Return a store without history."""
    store = filled_store(held)
    store.mvcc.compact(store.mvcc.revision)
    store.mvcc.scrub(len(store.mvcc.log))
    return store


def rows(quick: bool) -> Iterator[Row]:
    """Measure everything."""
    rounds = 3 if quick else 5
    held = Load(keys=1_000 if quick else 20_000, versions=4)
    cases: tuple[tuple[str, str, Callable[[], tuple[Measure, Measure]]], ...] = (
        ("put a new key", "us/put", lambda: puts(held, anew=True)),
        ("put over a key", "us/put", lambda: puts(held, anew=False)),
        ("get", "us/get", lambda: gets(held)),
        (f"list in pages of {PAGE}", "us/key", lambda: pages(held, past=False)),
        (f"list in pages of {PAGE}, in the past", "us/key", lambda: pages(held, past=True)),
        ("compare revision and put, as a command", "us/txn", lambda: txns(held)),
        ("delete a key", "us/delete", lambda: deletes(held)),
        ("write a snapshot", "us/key", lambda: dumps(held)),
        ("read a snapshot", "us/key", lambda: loads(held)),
    )
    for what, unit, measures in cases:
        ours, baseline = measures()
        yield compare(what, ours, baseline, unit=unit, baseline_name="sorted dict", rounds=rounds)
    yield alone("compact and scrub", compaction(held), unit="us/version", rounds=rounds)


main = command("mvcc", rows, about="The multi-version store, against a sorted dict.")

if __name__ == "__main__":
    main()
