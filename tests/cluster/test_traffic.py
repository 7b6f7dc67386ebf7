"""The record of calls: bounded, by outcome, by time, by who has served."""

from kactors.cluster.traffic import Call, Outcome, Target, Traffic

TARGET = Target(name="web")


def record(keep: int = 4) -> Traffic:
    """Return an empty record."""
    return Traffic(TARGET, lambda: 0.0, lambda _: True, keep=keep)


def call(
    began_s: float, outcome: Outcome = Outcome.SERVED, uid: str = "u", took: float = 0.1
) -> Call:
    """Return one call."""
    return Call(began_s, took, "n1", "web", outcome, "default/web", "default/web-1", uid, "n2")


def test_calls_are_counted_by_outcome_and_server() -> None:
    """Those that failed are kept for people to look at."""
    traffic = record()

    for each in (call(1.0), call(2.0, uid="v", took=0.7), call(3.0, Outcome.REFUSED)):
        traffic.record(each)

    assert traffic.calls == 3
    assert (traffic.counts[Outcome.SERVED], traffic.counts[Outcome.REFUSED]) == (2, 1)
    assert traffic.served_by == {"u": 1, "v": 1}
    assert [each.outcome for each in traffic.failures] == [Outcome.REFUSED]
    assert traffic.slowest == 0.7


def test_what_is_kept_is_bounded() -> None:
    """The latest calls, failures, servers and windows, and no more; all are counted."""
    traffic = record(keep=4)

    for number in range(100):
        traffic.record(call(10.0 * number, uid=f"u{number}"))
        traffic.record(call(10.0 * number, Outcome.TIMED_OUT))

    assert traffic.calls == 200
    assert [len(each) for each in (traffic.latest, traffic.failures, traffic.windows)] == [4, 4, 4]
    assert list(traffic.served_by) == ["u96", "u97", "u98", "u99"]


def test_calls_are_counted_in_the_window_in_which_they_began() -> None:
    """Also if they end after later ones; those too old for any window go to the oldest."""
    traffic = record()

    for began_s in (1.0, 9.0, 11.0, 25.0, 5.0, 31.0, 41.0, 2.0):
        traffic.record(call(began_s))

    assert [(each.began_s, each.counts[Outcome.SERVED]) for each in traffic.windows] == [
        (10.0, 2), (20.0, 1), (30.0, 1), (40.0, 1),
    ]  # fmt: skip
