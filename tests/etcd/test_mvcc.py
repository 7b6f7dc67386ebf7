"""The store against the model, command by command, and the invariants of what it keeps."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kactors.etcd.errors import Compacted, FutureRevision
from kactors.etcd.key_range import KeyRange
from kactors.etcd.messages import KeyValue, Range
from kactors.etcd.mvcc import VERSION_OVERHEAD_BYTES, Mvcc
from kactors.etcd.store import Store
from kactors.runtime.random import Random, stream
from tests.etcd.commands import Drawer, outcome, read
from tests.etcd.model import ModelStore

ALL = KeyRange.of(b"\0", b"\0")


def run(rng: Random, commands: int) -> None:
    """Do the same to a store and to the model, and compare everything that can be asked."""
    store, model, drawer = Store(), ModelStore(), Drawer(rng)
    for index in range(1, commands + 1):
        command = drawer.command(model.revision)
        answer = store.apply(index, 1, command)
        assert outcome(answer) == model.apply(command), command
        assert store.mvcc.revision == model.revision
        store.mvcc.scrub(rng.below(4))
        for _ in range(2):
            request = drawer.range(model.revision)
            assert read(store, request) == model.apply(request), request
    check_every_revision(store, model)


def check_every_revision(store: Store, model: ModelStore) -> None:
    """Every state, every event, every lease's keys and every count are the model's."""
    for revision, state in model.states.items():
        if revision >= model.compacted:
            expected = tuple(state[key] for key in sorted(state))
            assert store.range(Range(b"\0", b"\0", revision=revision)).kvs == expected
    recorded = [
        (revision, event.kv, event.prev_kv if revision > model.compacted else None)
        for revision, events in model.events.items()
        for event in events
        if revision >= model.compacted
    ]
    begin = store.mvcc.position(model.compacted)
    assert [
        (kv.mod_revision, kv, before if kv.mod_revision > model.compacted else None)
        for kv, before in store.mvcc.log[begin:]
    ] == recorded
    for lease in store.lessor:
        state = model.states[model.revision]
        assert sorted(lease.keys) == [k for k in sorted(state) if state[k].lease == lease.id]
    assert {lease.id for lease in store.lessor} == model.leases


@pytest.mark.parametrize("seed", range(150))
def test_the_store_does_what_the_model_does(seed: int) -> None:
    """Puts, deletions, nested transactions, leases, compactions and reads, at random."""
    run(stream(seed, "mvcc"), 40)


@settings(max_examples=40, deadline=None)
@given(st.randoms(use_true_random=False), st.integers(1, 25))
def test_the_store_does_what_the_model_does_as_hypothesis_draws(
    chance: Random, commands: int
) -> None:
    """Hypothesis, which shrinks, finds no difference either."""
    run(Random(chance.getrandbits(64)), commands)


def filled(changes: int, keys: int = 5) -> Mvcc:
    """A store with some puts and deletions, each at a revision of its own."""
    mvcc = Mvcc()
    rng = stream(changes, "filled")
    for number in range(changes):
        key = b"k%d" % rng.below(keys)
        if rng.chance(0.3):
            mvcc.delete(KeyRange.of(key, b""))
        else:
            mvcc.put(key, b"%d" % number)
        mvcc.commit()
    return mvcc


def test_an_empty_store_is_at_revision_1() -> None:
    """And nothing was compacted."""
    mvcc = Mvcc()

    assert (mvcc.revision, mvcc.compacted, mvcc.size_bytes) == (1, 0, 0)
    assert mvcc.range(ALL, revision=1) == []


def test_what_is_written_is_seen_before_it_is_committed() -> None:
    """A transaction reads its own writes, at the revision that it will have."""
    mvcc = Mvcc()

    change = mvcc.put(b"a", b"1")

    assert mvcc.revision == 1
    assert mvcc.read_revision == 2
    assert mvcc.get(b"a") == change.kv
    assert list(mvcc.commit()) == [change]
    assert mvcc.revision == 2
    assert list(mvcc.commit()) == []
    assert mvcc.revision == 2


def test_compaction_hides_at_once_and_scrubs_in_pieces() -> None:
    """The compact revision stays readable; each step of scrubbing does no more than asked."""
    mvcc = filled(200)
    before = {revision: mvcc.range(ALL, revision=revision) for revision in range(1, 150)}
    size = mvcc.size_bytes

    mvcc.compact(100)

    with pytest.raises(Compacted) as refused:
        mvcc.range(ALL, revision=99)
    assert refused.value.compact_revision == 100
    assert mvcc.size_bytes == size
    steps = 0
    while not mvcc.scrub(7):
        steps += 1
        kept = {revision: mvcc.range(ALL, revision=revision) for revision in range(100, 150)}
        assert kept == {revision: before[revision] for revision in range(100, 150)}
    assert steps >= 90 // 7
    assert mvcc.scrubbed
    assert mvcc.size_bytes < size
    assert mvcc.log[0].kv.mod_revision >= 100


def test_a_new_compaction_takes_over_what_the_last_one_left() -> None:
    """Scrubbing that was not finished is finished with the next."""
    one, other = filled(200), filled(200)

    one.compact(100)
    one.scrub(13)
    one.compact(150)
    one.scrub(5)
    while not one.scrub(20):
        pass
    other.compact(150)
    other.scrub(1000)

    assert one.index.histories == other.index.histories
    assert one.log == other.log
    assert one.size_bytes == other.size_bytes


def test_compacting_again_or_too_early_is_refused() -> None:
    """The same revision twice is compacted, one that has not happened is in the future."""
    mvcc = filled(20)
    mvcc.compact(10)

    for revision, error in ((10, Compacted), (3, Compacted), (99, FutureRevision)):
        with pytest.raises(error):
            mvcc.compact(revision)


def test_everything_that_is_dead_can_be_forgotten() -> None:
    """A key that was deleted leaves nothing behind once that is compacted and scrubbed."""
    mvcc = Mvcc()
    for _ in range(3):
        mvcc.put(b"a", b"1")
        mvcc.commit()
        mvcc.delete(KeyRange.of(b"a", b""))
        mvcc.commit()
    mvcc.put(b"b", b"1")
    mvcc.commit()

    mvcc.compact(mvcc.revision)
    mvcc.scrub(100)

    assert list(mvcc.index.histories) == [b"b"]
    assert mvcc.size_bytes == VERSION_OVERHEAD_BYTES + 2


def test_counting_the_past_does_not_read_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """A page of a long list counts what lies behind it without looking at every key."""
    mvcc = Mvcc()
    for number in range(5000):
        mvcc.put(b"%05d" % number, b"")
    mvcc.commit()
    page = mvcc.revision
    for number in range(10):
        mvcc.put(b"new%d" % number, b"")
        mvcc.delete(KeyRange.of(b"%05d" % (number * 7), b""))
        mvcc.commit()
    looked_at: list[bytes] = []
    look = mvcc.index.at

    def spy(key: bytes, revision: int) -> KeyValue | None:
        looked_at.append(key)
        return look(key, revision)

    monkeypatch.setattr(mvcc.index, "at", spy)

    assert mvcc.count(ALL, revision=page) == 5000
    assert len(looked_at) == 20
    assert len(mvcc.range(ALL, revision=page, limit=100)) == 100
    assert len(looked_at) < 130


@pytest.mark.parametrize("seed", range(20))
def test_the_hash_is_that_of_the_contents(seed: int) -> None:
    """However it was reached, however much was scrubbed and whenever it was asked for before."""
    rng = stream(seed, "hash")
    eager, lazy = Store(), Store()
    drawer = Drawer(rng)
    for index in range(1, 80):
        command = drawer.command(eager.mvcc.revision)
        eager.apply(index, 1, command)
        lazy.apply(index, 1, command)
        eager.mvcc.scrub(rng.below(5))
        if rng.chance(0.3):
            eager.mvcc.hash_at()
    past = max(eager.mvcc.compacted, eager.mvcc.revision - 5)

    assert eager.mvcc.hash_at() == lazy.mvcc.hash_at() == lazy.mvcc.hash_from_scratch()
    assert eager.mvcc.hash_at(past) == lazy.mvcc.hash_at(past)
    assert eager.mvcc.size_bytes == lazy.mvcc.size_bytes


def test_the_hash_of_the_past_is_what_it_was() -> None:
    """Asked for a revision later on, it is the one that was answered then."""
    mvcc = filled(50)
    then, revision = mvcc.hash_at(), mvcc.revision
    for _ in range(20):
        mvcc.put(b"more", b"")
        mvcc.commit()

    assert mvcc.hash_at(revision) == then
    assert mvcc.hash_at() != then
    assert mvcc.hash_at(revision) == then


@pytest.mark.parametrize(
    "flip",
    [
        lambda kv: kv._replace(create_revision=kv.create_revision + 1),
        lambda kv: kv._replace(mod_revision=kv.mod_revision + 1),
        lambda kv: kv._replace(version=kv.version + 1),
        lambda kv: kv._replace(value=kv.value + b"!"),
        lambda kv: kv._replace(lease=kv.lease + 1),
    ],
    ids=["create revision", "mod revision", "version", "value", "lease"],
)
def test_the_hash_sees_every_field(flip: Callable[[KeyValue], KeyValue]) -> None:
    """One changed field of one version is found by looking at everything."""
    mvcc = filled(50)
    clean = mvcc.hash_at()
    history = next(iter(mvcc.index.histories.values()))
    history[0] = flip(history[0])

    assert mvcc.hash_from_scratch() != clean


def test_the_hash_of_what_cannot_be_read_is_refused() -> None:
    """As a read would be."""
    mvcc = filled(50)
    mvcc.compact(20)

    for revision, error in ((19, Compacted), (99, FutureRevision)):
        with pytest.raises(error):
            mvcc.hash_at(revision)
    assert mvcc.hash_at(20) >= 0


def test_a_reused_index_of_a_compacted_key_begins_anew() -> None:
    """After its deletion was forgotten a key is created like one that never was."""
    mvcc = Mvcc()
    mvcc.put(b"a", b"1")
    mvcc.commit()
    mvcc.delete(KeyRange.of(b"a", b""))
    mvcc.commit()
    mvcc.compact(mvcc.revision)
    mvcc.scrub(10)

    kv = mvcc.put(b"a", b"2").kv

    assert (kv.version, kv.create_revision) == (1, 4)


def test_versions_are_values() -> None:
    """Nobody can change the past through an answer."""
    mvcc = filled(10)
    kv = mvcc.range(ALL)[0]

    with pytest.raises(AttributeError):
        kv.value = b"changed"  # type: ignore[misc]  # that is the point
