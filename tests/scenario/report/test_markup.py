"""Pieces of markup."""

from hypothesis import given
from hypothesis import strategies as st

from kactors.scenario.report.markup import key, rect, row, tag, text_at


@given(st.text(min_size=1))
def test_text_is_escaped_wherever_it_is_given(text: str) -> None:
    """In elements, in attributes and in titles."""
    for drawn in (
        row(text, "", title=text),
        text_at(1, 1, text, title=text),
        key("k", text),
        rect(0, 9, 0, 9, "k", text),
        tag("p", class_=text),
    ):
        opened = drawn.replace("</", "").count("<")
        assert opened == drawn.count("</")
        assert drawn.count('"') % 2 == 0


def test_names_of_attributes_are_made_of_pythons() -> None:
    """And what is empty is left out."""
    drawn = tag("line", x1=1.004, stroke_width=2, class_="a", id="")
    assert drawn == '<line x1="1" stroke-width="2" class="a"></line>'


def test_a_box_can_be_seen() -> None:
    """Also one of no width, at the right border."""
    assert 'x="998" y="0" width="2" height="5"' in rect(1000, 1000, 0, 5, "k")
