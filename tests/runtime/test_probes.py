"""Probes: off by default, keyed by seed and name, counted."""

from collections.abc import Iterator

import pytest

from kactors.runtime.probes import Probes, buggify, current, declare, is_rare, sometimes


@pytest.fixture
def probes() -> Iterator[Probes]:
    """Switch probes on for one test."""
    made = Probes(1)
    before = current.use(made)
    yield made
    current.use(before)


def fired(seed: int, name: str, count: int) -> list[bool]:
    """Come by a site so many times."""
    probes = Probes(seed)
    return [probes.buggify(name) for _ in range(count)]


def test_where_nobody_asks_for_them_probes_do_nothing() -> None:
    """No site fires, and a condition is only passed on."""
    assert not any(buggify("site") for _ in range(1000))
    assert sometimes("probe")
    assert not sometimes("probe", condition=False)


def test_a_site_is_active_in_a_quarter_of_all_runs() -> None:
    """Over many seeds a quarter of the runs see a site fire."""
    active = sum(any(fired(seed, "site", 60)) for seed in range(800))

    assert 150 <= active <= 250


def test_an_active_site_fires_a_quarter_of_the_times() -> None:
    """Rarely enough for the rest to work."""
    counts = [sum(fired(seed, "site", 400)) for seed in range(40)]

    active = [count for count in counts if count]
    assert active
    assert all(60 <= count <= 140 for count in active)


def test_sites_are_keyed_by_name() -> None:
    """Visits to one site do not change what another does."""
    alone = fired(7, "site", 50)

    probes = Probes(7)
    among_others = []
    for _ in range(50):
        probes.buggify("other")
        among_others.append(probes.buggify("site"))

    assert among_others == alone


def test_buggify_can_be_off_while_probes_count() -> None:
    """Plain runs stay covered too."""
    probes = Probes(1, buggify=False, active=1.0, fires=1.0)

    assert not probes.buggify("site")
    assert probes.sometimes("probe")
    assert probes.hits == {"probe": 1}


def test_hits_are_counted_and_told(probes: Probes) -> None:
    """Triggers hear of each hit by name."""
    heard: list[str] = []
    probes.on_hit.append(heard.append)

    sometimes("elected twice", condition=False)
    sometimes("elected", condition=True)
    sometimes("elected")

    assert probes.hits == {"elected twice": 0, "elected": 2}
    assert heard == ["elected", "elected"]


def test_probes_never_hit_are_visible(probes: Probes) -> None:
    """Declared ones, those passed by in vain, and sites that never fired."""
    declare("tests: never reached", "tests: reached")
    sometimes("tests: reached")
    sometimes("tests: in vain", condition=False)
    quiet = Probes(1, active=0.0)
    quiet.buggify("tests: site")

    # What other tests have declared may be there, too.
    known = ("tests: in vain", "tests: never reached", "tests: reached", "tests: site")
    mine = [name for name in probes.never_hit if name in known]

    assert mine == ["tests: in vain", "tests: never reached"]
    assert "tests: site" in quiet.never_hit


def test_firing_sites_are_hits() -> None:
    """A site that fired counts like a probe that held."""
    probes = Probes(1, active=1.0, fires=1.0)
    current.use(probes)
    try:
        assert buggify("site")
    finally:
        current.use(None)

    assert probes.hits == {"site": 1}
    assert "site" not in probes.never_hit


def test_some_probes_need_not_be_hit() -> None:
    """Those that are declared to be rare: no fault makes them likely."""
    declare("tests: often")
    declare("tests: hardly ever", rare=True)

    assert not is_rare("tests: often")
    assert is_rare("tests: hardly ever")
    assert "tests: hardly ever" in Probes(1).never_hit
