"""Answers are held to the state at their revision, to real time, and to one order of all."""

from typing import Any

import pytest

from kactors.etcd.errors import LeaseNotFound
from kactors.etcd.messages.kv import (
    DeleteRange,
    DeleteRangeResponse,
    Header,
    KeyValue,
    Put,
    PutResponse,
    Range,
    RangeResponse,
    Txn,
    TxnResponse,
)
from kactors.runtime import sim, sleep
from kactors.testing.etcd.answers import Answers, Asked
from kactors.testing.etcd.model import Model
from kactors.testing.etcd.violation import Promise

A1 = KeyValue(b"a", 2, 2, 1, b"1")
A2 = KeyValue(b"a", 2, 3, 2, b"2")
PUT1, PUT2 = Put(b"a", b"1"), Put(b"a", b"2", prev_kv=True)


def model() -> Model:
    """A log of two puts of one key, at 10 ns and 30 ns."""
    truth = Model(ttl_min=2)
    truth.apply(1, PUT1, 10)
    truth.apply(1, PUT2, 30)
    return truth


def header(revision: int) -> Header:
    """A header of which only the revision matters."""
    return Header(revision=revision)


def judge(*asked: Asked, log: Model | None = None) -> set[tuple[Promise, str]]:
    """What is wrong with what was asked and answered."""
    answers = Answers(lambda: 0)
    answers.all.extend(asked)
    return {(each.promise, each.detail) for each in answers.violations(log or model())}


FIRST = Asked("c1", PUT1, 0, 20, PutResponse(header(2)))
SECOND = Asked("c1", PUT2, 25, 40, PutResponse(header(3), A1))


def read(call_ns: int, kv: KeyValue | None, now: int, **options: Any) -> Asked:
    """A read of the key by another client, answered ten nanoseconds later."""
    kvs = () if kv is None else (kv,)
    answer = RangeResponse(header(now), kvs, False, len(kvs))
    return Asked("c2", Range(b"a", **options), call_ns, call_ns + 10, answer)


def test_true_answers_are_not_objected_to() -> None:
    """Writes, reads, a stale read that says it may be stale, and one of the past."""
    assert not judge(
        FIRST,
        read(21, A1, 2),
        SECOND,
        read(45, A2, 3),
        read(50, A1, 2, serializable=True),
        read(60, A1, 3, revision=2),
        Asked("c3", Put(b"z"), 5, None),
        Asked("c3", Put(b"z", lease=8), 6, None, refused=True),
    )


@pytest.mark.parametrize(
    ("asked", "wrong"),
    [
        ((FIRST, SECOND, read(45, A2, 9)), (Promise.ANSWER, "future")),
        ((FIRST, SECOND, read(45, A1, 3)), (Promise.ANSWER, "read")),
        ((FIRST, SECOND, read(45, A1, 2)), (Promise.REAL_TIME, "stale")),
        ((FIRST, SECOND, read(15, A2, 3)), (Promise.REAL_TIME, "early")),
        ((Asked("c1", PUT2, 25, 40, PutResponse(header(3))),), (Promise.ANSWER, "write")),
        (
            (Asked("c1", Put(b"x"), 1, 20, PutResponse(header(2))),),
            (Promise.ACKNOWLEDGED, "lost"),
        ),
        (
            (FIRST, Asked("c2", PUT1, 1, 22, PutResponse(header(2)))),
            (Promise.ACKNOWLEDGED, "shared"),
        ),
        (
            (Asked("c1", DeleteRange(b"a"), 1, 20, DeleteRangeResponse(header(2), 1)),),
            (Promise.ACKNOWLEDGED, "lost"),
        ),
    ],
)
def test_each_lie_has_its_promise(asked: tuple[Asked, ...], wrong: tuple[Promise, str]) -> None:
    """An answer from the future, a wrong one, a stale one, a lost write, a shared revision."""
    assert wrong in judge(*asked)


def test_the_history_itself_is_judged_without_the_log() -> None:
    """A read that goes back is found by the search for an order, too."""
    back = (FIRST, SECOND, read(45, A2, 3), read(60, A1, 2))

    assert (Promise.LINEARIZABLE, "") in judge(*back)


def test_reads_that_say_they_may_be_stale_are_not_ordered() -> None:
    """A serializable read is true at its revision, and no more is promised."""
    asked = (FIRST, SECOND, read(45, A1, 2, serializable=True))

    assert not judge(*asked)


def test_transactions_are_compared_part_by_part() -> None:
    """The branch, and each answer in it; one that changed nothing needs no revision."""
    txn = Txn(success=(Put(b"t"), Range(b"a")))
    log = Model(ttl_min=2)
    log.apply(1, txn, 10)
    parts = (PutResponse(header(2)), RangeResponse(header(2), (), False, 0))
    good = Asked("c1", txn, 0, 20, TxnResponse(header(2), True, parts))
    wrong_branch = Asked("c1", txn, 0, 20, TxnResponse(header(2), False))
    wrong_part = Asked("c1", txn, 0, 20, TxnResponse(header(2), True, (parts[0], parts[0])))
    reader = Asked(
        "c1", Txn(success=(Range(b"a"),)), 21, 30, TxnResponse(header(2), True, parts[1:])
    )

    assert not judge(good, log=log)
    assert not judge(reader, log=log)
    assert not judge(wrong_branch, log=log)  # it says that it changed nothing
    assert (Promise.ANSWER, "write") in judge(wrong_part, log=log)


def test_keys_of_transactions_are_left_to_the_model() -> None:
    """The search for an order knows single keys only, and must not be confused by others."""
    log = Model(ttl_min=2)
    log.apply(1, Txn(success=(Put(b"a", b"t"),)), 10)
    kv = KeyValue(b"a", 2, 2, 1, b"t")

    assert not judge(read(20, kv, 2), log=log)


def test_deletions_say_how_many() -> None:
    """A deletion of nothing changes nothing; one of something is a write."""
    log = model()
    gone = DeleteRange(b"a", prev_kv=True)
    log.apply(1, gone, 50)
    true = Asked("c1", gone, 45, 60, DeleteRangeResponse(header(4), 1, (A2,)))
    nothing = Asked("c1", DeleteRange(b"b"), 61, 70, DeleteRangeResponse(header(4), 0))
    wrong = Asked("c1", gone, 45, 60, DeleteRangeResponse(header(4), 1, (A1,)))

    assert not judge(FIRST, SECOND, true, nothing, log=log)
    assert (Promise.ANSWER, "write") in judge(FIRST, SECOND, wrong, log=log)


def test_notes_are_kept_with_their_times() -> None:
    """An answer, a refusal, and silence are three different things."""
    clock = iter(range(100))
    answers = Answers(lambda: next(clock))

    async def answered() -> PutResponse:
        await sleep(0.001)
        return PutResponse(header(2))

    async def refused() -> None:
        raise LeaseNotFound

    async def silent() -> None:
        raise TimeoutError

    async def story() -> None:
        await answers.note("c", PUT1, answered())
        with pytest.raises(LeaseNotFound):
            await answers.note("c", PUT1, refused())
        with pytest.raises(TimeoutError):
            await answers.note("c", PUT1, silent())

    sim.run(story)

    assert [(each.call_ns, each.return_ns, each.refused) for each in answers.all] == [
        (0, 1, False),
        (2, None, True),
        (3, None, False),
    ]
    assert answers.answered == answers.all[:1]
    assert "c asked Put(" in str(answers.all[0])
