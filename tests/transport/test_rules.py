"""The table of rules: owners, patterns, and who is told of a change."""

from kactors.transport.latency import LOOPBACK, Constant
from kactors.transport.link import Link, LinkRule
from kactors.transport.rules import ANY, LinkRules, same_everywhere

MS = 1_000_000
CUT = LinkRule(cut=True)


def table() -> LinkRules:
    """Return a table with 1 ms everywhere."""
    return LinkRules(1, same_everywhere(Constant(0.001)))


def is_cut(rules: LinkRules, source: str, target: str) -> bool:
    """Send a message and see whether it is lost."""
    return not rules.link(source, target).judge(0, 0, 0)


def test_a_link_is_always_the_same_object() -> None:
    """Rules come and go, the link and its streams stay."""
    rules = table()

    assert rules.link("a", "b") is rules.link("a", "b")
    assert rules.links() == (rules.link("a", "b"),)


def test_an_owner_takes_back_exactly_what_it_has_set() -> None:
    """Two faults on one link end independently."""
    rules = table()
    rules.set("f", "a", "b", CUT)
    rules.set("g", "a", "b", CUT)
    rules.set("g", "a", "c", CUT)

    rules.clear("g")

    assert is_cut(rules, "a", "b")
    assert not is_cut(rules, "a", "c")
    assert rules.owners() == ("f",)


def test_setting_again_replaces() -> None:
    """An owner has one rule per pair."""
    rules = table()
    rules.set("f", "a", "b", CUT)
    rules.set("f", "a", "b", LinkRule())

    assert not is_cut(rules, "a", "b")


def test_a_pattern_covers_links_used_before_and_after() -> None:
    """A rule for every host covers also those that nobody has heard of yet."""
    rules = table()
    rules.link("a", "b")
    rules.set("f", ANY, "b", CUT)

    assert is_cut(rules, "a", "b")
    assert is_cut(rules, "c", "b")
    assert not is_cut(rules, "b", "a")

    rules.clear("f")

    assert not is_cut(rules, "a", "b")
    assert not is_cut(rules, "c", "b")


def test_a_host_is_not_parted_from_itself() -> None:
    """Only a rule that names the host twice meets its link to itself."""
    rules = table()
    rules.set("f", ANY, ANY, CUT)

    assert rules.link("a", "a").judge(0, 0, 0) == (round(LOOPBACK.seconds * 1e9),)

    rules.set("f", "a", "a", CUT)

    assert is_cut(rules, "a", "a")
    assert not is_cut(rules, "b", "b")


def test_a_rule_may_name_several_hosts() -> None:
    """One setting parts two groups, whichever of its links was used before."""
    rules = table()
    for source in "abc":
        rules.link(source, "d")
    rules.set("f", ("a", "b"), ("c", "d"), CUT)

    cut = [
        f"{source}{target}"
        for source in "abcd"
        for target in "abcd"
        if is_cut(rules, source, target)
    ]

    assert cut == ["ac", "ad", "bc", "bd"]
    rules.clear("f")
    assert not is_cut(rules, "a", "d")


def test_spared_hosts_meet_no_rule_among_themselves() -> None:
    """A core is healed while the rest stays broken, and what is set later spares it too."""
    rules = table()
    rules.link("a", "b")
    rules.set("f", ANY, ANY, CUT)

    rules.spare(("a", "b"))
    rules.set("g", "a", "b", CUT)

    assert not is_cut(rules, "a", "b")
    assert not is_cut(rules, "b", "a")
    assert is_cut(rules, "a", "c")
    assert is_cut(rules, "c", "a")


def test_felt_counts_messages_and_outlives_the_rules() -> None:
    """Whether a fault was felt is asked when it is over."""
    rules = table()
    rules.set("f", ANY, "b", CUT)
    for source in "abc":
        is_cut(rules, source, "b")
    rules.clear("f")
    is_cut(rules, "a", "b")

    assert rules.felt("f") == 2  # b's message to itself is not on the network
    assert rules.felt("nobody") == 0


def test_two_patterns_of_one_owner_have_streams_of_their_own() -> None:
    """Where two rules of one owner meet, they do not always decide alike."""
    rules = table()
    rules.set("f", ANY, "b", LinkRule(loss=0.5))
    rules.set("f", "a", ANY, LinkRule(loss=0.5))

    lost = sum(is_cut(rules, "a", "b") for _ in range(1000))

    assert 690 <= lost <= 810


def test_a_rule_that_stays_keeps_its_place_in_its_stream() -> None:
    """Setting and clearing another rule does not start the first one anew."""
    alone, disturbed = table(), table()
    for rules in (alone, disturbed):
        rules.set("f", "a", "b", LinkRule(loss=0.5))
    first = [is_cut(alone, "a", "b") for _ in range(40)]

    second = []
    for n in range(40):
        if n == 10:
            disturbed.set("g", "a", "b", LinkRule(latency=Constant(1)))
        if n == 20:
            disturbed.clear("g")
        second.append(is_cut(disturbed, "a", "b"))

    assert first == second


def test_listeners_hear_of_each_changed_link() -> None:
    """Whoever holds messages learns when to let them go."""
    rules = table()
    for target in "bcd":
        rules.link("a", target)
    heard: list[Link] = []
    rules.on_change.append(heard.append)

    rules.set("f", "a", "b", LinkRule(clog=True))
    rules.set("f", "a", "c", LinkRule(clog=True))
    rules.set("f", "x", "y", LinkRule(clog=True))
    rules.clear_all()

    assert [link.target for link in heard] == ["b", "c", "b", "c"]
    assert rules.owners() == ()
