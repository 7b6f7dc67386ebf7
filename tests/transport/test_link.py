"""Links: what each rule makes of a message, and that chance is keyed."""

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kactors.transport.latency import Constant, InvalidRuleError, Uniform
from kactors.transport.link import HELD, Delays, Link, LinkRule
from kactors.transport.rules import LinkRules, same_everywhere

MS = 1_000_000
SECOND = 1_000_000_000


def table(seed: int = 1, **rules: LinkRule) -> LinkRules:
    """Return a table with Constant(1 ms) everywhere and rules from a to b, by owner."""
    made = LinkRules(seed, same_everywhere(Constant(0.001)))
    for owner, rule in rules.items():
        made.set(owner, "a", "b", rule)
    return made


def verdicts(
    rules: LinkRules, count: int, kinds: Iterable[int] = (0,), every_ns: int = SECOND
) -> list[Delays]:
    """Judge so many messages from a to b, one a second, of the given kinds in turn."""
    link = rules.link("a", "b")
    cycle = list(kinds)
    return [link.judge(n * every_ns, cycle[n % len(cycle)], 100) for n in range(count)]


def test_without_rules_a_message_takes_the_latency() -> None:
    """The latency of the link is all there is."""
    assert verdicts(table(), 3) == [(MS,), (MS,), (MS,)]


def test_a_cut_link_loses_everything_and_counts_it() -> None:
    """An empty verdict is a lost message."""
    rules = table(f=LinkRule(cut=True))

    assert verdicts(rules, 3) == [(), (), ()]
    assert rules.link("a", "b").lost == {"cut": 3}
    assert rules.felt("f") == 3


def test_a_cut_works_one_way() -> None:
    """The other direction is another link."""
    assert table(f=LinkRule(cut=True)).link("b", "a").judge(0, 0, 0) == (MS,)


def test_a_clogged_link_holds_everything() -> None:
    """A message that has waited long enough goes through all the same."""
    rules = table(f=LinkRule(clog=True))
    link = rules.link("a", "b")

    assert link.judge(0, 0, 0) is HELD
    assert link.clogged
    assert link.judge(0, 0, 0, through_clog=True) == (MS,)
    assert rules.felt("f") == 1


def test_latencies_of_several_rules_add_up() -> None:
    """Two slow stretches on one path are one slower path."""
    rules = table(f=LinkRule(latency=Constant(0.01)), g=LinkRule(latency=Constant(0.1)))

    assert verdicts(rules, 1) == [(111 * MS,)]
    assert (rules.felt("f"), rules.felt("g")) == (1, 1)


def test_loss_loses_as_many_as_it_says() -> None:
    """A lossy link loses that share, and only lost messages have felt it."""
    rules = table(f=LinkRule(loss=0.3))

    lost = verdicts(rules, 2000).count(())

    assert 520 <= lost <= 680
    assert rules.felt("f") == lost == rules.link("a", "b").lost["loss"]


def test_duplicates_arrive_after_the_original_within_the_spread() -> None:
    """A second copy is a second delay."""
    found = verdicts(table(f=LinkRule(duplicate=0.5, spread=0.02)), 1000)

    twice = [delays for delays in found if len(delays) == 2]
    assert 420 <= len(twice) <= 580
    assert all(first == MS and first < second <= first + 20 * MS for first, second in twice)


def test_messages_do_not_overtake_each_other() -> None:
    """A link is first in, first out, and no two arrive at one instant."""
    rules = LinkRules(1, same_everywhere(Uniform(0.0, 0.1)))
    link = rules.link("a", "b")

    arrivals = [sent_ns + link.judge(sent_ns, 0, 0)[0] for sent_ns in range(0, 100 * MS, MS)]

    assert arrivals == sorted(set(arrivals))


def test_reordering_lets_later_ones_pass() -> None:
    """A reordered message arrives later than some that were sent after it."""
    rules = table(f=LinkRule(reorder=0.2, spread=0.05))
    link = rules.link("a", "b")

    arrivals = [sent_ns + link.judge(sent_ns, 0, 0)[0] for sent_ns in range(0, 100 * MS, MS)]

    assert arrivals != sorted(arrivals)
    assert 5 <= rules.felt("f") <= 40


def test_throughput_makes_messages_queue() -> None:
    """Ten messages of 1,000 bytes at 10,000 bytes a second take a second, one after another."""
    rules = table(f=LinkRule(throughput=10_000))
    link = rules.link("a", "b")

    delays = [link.judge(0, 0, 1000 - 64)[0] for _ in range(10)]

    assert delays == [n * 100 * MS + MS for n in range(1, 11)]


def test_a_full_backlog_loses() -> None:
    """The queue of a slow link is bounded."""
    rules = table(f=LinkRule(throughput=10_000, backlog_bytes=2000))
    link = rules.link("a", "b")

    kept = [bool(link.judge(0, 0, 1000 - 64)) for _ in range(5)]

    assert kept == [True, True, True, False, False]
    assert link.lost == {"backlog": 2}


aspects = st.fixed_dictionaries(
    {},
    optional={
        "cut": st.booleans(),
        "loss": st.floats(0, 1),
        "duplicate": st.floats(0, 1),
        "reorder": st.floats(0, 1),
        "latency": st.just(Uniform(0.0, 0.01)),
        "throughput": st.floats(1, 1e9),
    },
).map(lambda chosen: LinkRule(**chosen))  # type: ignore[arg-type]  # hypothesis forgets the types


@given(aspects, st.integers(0, 2**32))
def test_one_rule_more_leaves_every_other_draw_as_it_was(extra: LinkRule, seed: int) -> None:
    """What a rule decides about the n-th message does not depend on other rules."""

    def losses(rules: LinkRules) -> list[bool]:
        link = rules.link("a", "b")
        before = 0
        decided = []
        for n in range(30):
            link.judge(n * SECOND, 0, 100)
            decided.append(rules.felt("watched") > before)
            before = rules.felt("watched")
        return decided

    alone = LinkRules(seed)
    alone.set("watched", "a", "b", LinkRule(loss=0.5))
    both = LinkRules(seed)
    both.set("extra", "a", "b", extra)
    both.set("watched", "a", "b", LinkRule(loss=0.5))

    assert losses(alone) == losses(both)


@given(aspects, st.integers(1, 20))
def test_a_rule_that_has_gone_leaves_no_mark_on_latencies(extra: LinkRule, while_: int) -> None:
    """After a fault the link goes on with the latencies it would have had anyway."""
    plain = LinkRules(7, same_everywhere(Uniform(0.0, 0.01)))
    faulty = LinkRules(7, same_everywhere(Uniform(0.0, 0.01)))

    faulty.set("extra", "a", "b", extra)
    for n in range(while_):
        plain.link("a", "b").judge(n * SECOND, 0, 100)
        faulty.link("a", "b").judge(n * SECOND, 0, 100)
    faulty.clear("extra")

    # A thousand seconds later, so that no queue of the slow link is left.
    later_ns = 1000 * SECOND * while_
    assert [plain.link("a", "b").judge(later_ns + n * SECOND, 0, 0) for n in range(10)] == [
        faulty.link("a", "b").judge(later_ns + n * SECOND, 0, 0) for n in range(10)
    ]


def test_kinds_of_messages_have_streams_of_their_own() -> None:
    """More heartbeats do not change the latencies of requests."""
    rules = [LinkRules(1, same_everywhere(Uniform(0.0, 0.01))) for _ in range(2)]

    alone = verdicts(rules[0], 10, kinds=[1])
    among_others = verdicts(rules[1], 20, kinds=[10, 1])[1::2]

    assert alone == among_others


def test_links_have_streams_of_their_own() -> None:
    """Traffic between a and c does not change latencies between a and b."""
    rules = [LinkRules(1, same_everywhere(Uniform(0.0, 0.01))) for _ in range(2)]
    for n in range(5):
        rules[1].link("a", "c").judge(n, 0, 0)

    assert verdicts(rules[0], 10) == verdicts(rules[1], 10)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"loss": 1.5}, r"LinkRule\.loss is 1\.5: give a probability"),
        ({"duplicate": -0.1}, r"LinkRule\.duplicate is -0\.1"),
        ({"reorder": "often"}, r"LinkRule\.reorder is 'often'"),
        ({"spread": -1}, r"LinkRule\.spread is -1: give a finite number of seconds"),
        ({"throughput": 0}, r"LinkRule\.throughput is 0: .* cut or clog"),
    ],
)
def test_an_impossible_rule_is_refused(options: dict[str, object], says: str) -> None:
    """The message names the field, what it is and what to give."""
    with pytest.raises(InvalidRuleError, match=says):
        LinkRule(**options)  # type: ignore[arg-type]  # on purpose


def test_a_link_is_where_it_says() -> None:
    """Source and target can be read."""
    link = Link(0, "a", "b", Constant(0))

    assert (link.source, link.target) == ("a", "b")
