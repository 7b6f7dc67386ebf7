"""The page of a failed check: complete, well formed, and safe whatever the values hold."""

from html.parser import HTMLParser

import attrs
import pytest

from kactors.checking.actions import Delete, Get, Put
from kactors.checking.drawing import MOST_DRAWN, draw
from kactors.checking.layout import Layout, lay_out
from kactors.checking.linearizability import Failure, check
from kactors.checking.operation import Operation
from kactors.runtime.random import stream
from tests.checking.histories import hopeless, load, op, small_history

VOID = {"meta", "rect", "circle", "line", "polyline"}
OPTIONAL = {"tr", "td", "th", "thead", "tbody"}


class Outline(HTMLParser):
    """Counts elements and checks that they nest."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.count: dict[str, int] = {}
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """An element begins."""
        self.count[tag] = self.count.get(tag, 0) + 1
        if tag not in VOID | OPTIONAL:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """An element ends: it must be the last one that began."""
        if tag not in VOID | OPTIONAL:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Text between elements."""
        self.text.append(data)


def outline(history: list[Operation]) -> Outline:
    """Draw the check of ``history`` and take the page apart."""
    parser = Outline()
    parser.feed(draw(check(history), title="test"))
    parser.close()
    assert parser.open == []
    return parser


def failure_of(history: list[Operation]) -> Failure:
    """The failure of a history that has one."""
    failure = check(history).failure
    assert failure is not None
    return failure


def broken_load(size: int) -> list[Operation]:
    """A long history of one key whose last known read is wrong."""
    history = load(stream(5), operations=size, clients=6, keys=1)
    history.sort(key=lambda operation: operation.call_ns)
    last = [n for n, one in enumerate(history) if one.return_ns and isinstance(one.action, Get)][-1]
    history[last] = attrs.evolve(history[last], result="wrong")
    return history


def test_the_page_shows_every_operation_of_a_short_prefix() -> None:
    """Lanes for the clients, a bar for each operation, a dot for each place, the culprit marked."""
    history = [
        op(Put("x", 1), 0, 10, client="ann"),
        op(Put("x", 2), 5, None, client="bob"),
        op(Get("x"), 20, 30, 2, client="cid"),
        op(Get("x"), 40, 50, 1, client="ann"),
    ]

    page = outline(history)

    text = " ".join(page.text)
    assert page.count["polyline"] == 1
    assert page.count["circle"] == 3
    assert all(name in text for name in ("ann", "bob", "cid"))
    assert "ann: get 'x' → 1 cannot be placed" in " ".join(text.split())
    assert "unknown" in text


def test_the_page_needs_nothing_from_elsewhere() -> None:
    """No script, no link, no address: it opens from a mail, offline."""
    page = draw(check([op(Get("x"), 0, 1, 5)]), title="test")

    assert not any(word in page for word in ("<script", "<link", "http", "@import", "url("))
    assert "prefers-color-scheme: dark" in page


def test_values_cannot_break_out() -> None:
    """Markup in keys, values, clients and titles is shown, not obeyed."""
    nasty = "</title><script>alert(1)</script>\"'&"
    history = [op(Put(nasty, nasty), 0, 1, client=nasty), op(Get(nasty), 2, 3, client=nasty)]

    page = draw(check(history), title=nasty)

    assert "<script" not in page
    assert outline(history).count.get("script") is None


@pytest.mark.parametrize("history", [[], [op(Put("x", 1), 0, 1)]])
def test_a_check_that_held_has_a_page_too(history: list[Operation]) -> None:
    """Where there is no failure the page says so."""
    assert "no failure to draw" in "".join(outline(history).text)


def test_an_undecided_check_says_how_much_was_left() -> None:
    """The page of an unknown verdict names the parts that the budget did not reach."""
    page = draw(check(hopeless(), budget=10), title="test")

    assert "unknown" in page
    assert "parts not decided within the budget: 1" in page


def test_a_long_prefix_is_cut_at_the_front() -> None:
    """Of three thousand operations the last ones are drawn, and the page says what is left out."""
    history = broken_load(3000)

    page = outline(history)

    assert page.count["circle"] <= MOST_DRAWN
    assert "earlier operations are not drawn" in " ".join(page.text)


def check_geometry(layout: Layout) -> None:
    """Bars do not overlap, dots lie in their bars and go right in the order of their places."""
    rows: dict[float, float] = {}
    for bar in sorted(layout.bars, key=lambda bar: bar.left):
        assert rows.get(bar.top, -1.0) < bar.left
        rows[bar.top] = bar.right
        assert 0 < bar.left < bar.right <= layout.width
        if bar.place:
            assert bar.left < bar.dot < bar.right
    dots = [bar.dot for bar in sorted(layout.bars, key=lambda bar: bar.place) if bar.place]
    assert dots == sorted(dots)
    assert all(lane.bottom <= layout.height for lane in layout.lanes)


@pytest.mark.parametrize("most", [3, 12, MOST_DRAWN])
def test_the_geometry_of_random_failures(most: int) -> None:
    """Whatever the history, and however much of it is shown, nothing lies on anything else."""
    failures = [check(small_history(stream(seed))).failure for seed in range(400)]
    failures += [check(broken_load(size)).failure for size in (30, 100, 300)]
    drawn = 0
    for failure in failures:
        if failure is not None:
            check_geometry(lay_out(failure, most))
            drawn += 1

    assert drawn > 50


def test_one_client_with_several_operations_under_way_gets_several_rows() -> None:
    """Bars of one client that overlap in time are put under each other."""
    history = [
        op(Put("x", 1), 0, 100),
        op(Delete("x"), 5, 90, 1),
        op(Get("x"), 200, 210, 7),
    ]

    layout = lay_out(failure_of(history), MOST_DRAWN)

    (lane,) = layout.lanes
    assert len({bar.top for bar in layout.bars}) == 2
    assert lane.bottom - lane.top > 40
