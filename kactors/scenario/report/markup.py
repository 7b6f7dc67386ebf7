"""Pieces of HTML and SVG that all rows of a report are made of. All text is escaped here."""

from collections.abc import Iterable
from html import escape

__all__ = ["WIDTH", "heading", "key", "path", "plot", "rect", "row", "tag", "text_at"]

#: Units from the left to the right of a drawing; it is stretched to the page's width.
WIDTH = 1000.0


def tag(name: str, content: str = "", /, *, title: str = "", **attributes: object) -> str:
    """Return an element.

    Args:
        name: of the element.
        content: markup; whoever gives text escapes it.
        title: text that is shown to whoever rests the pointer on it.
        attributes: ``_`` in names stands for ``-`` and is dropped at their ends; floats are
            rounded to what can be seen.
    """
    written = "".join(
        f' {each.rstrip("_").replace("_", "-")}="{_value(value)}"'
        for each, value in attributes.items()
        if value not in ("", None)
    )
    if title and name in {"rect", "path", "g", "line"}:
        content = f"<title>{escape(title)}</title>{content}"
    elif title:
        written += f' title="{escape(title)}"'
    return f"<{name}{written}>{content}</{name}>"


def _value(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.2f}".rstrip("0").rstrip(".")
    return escape(str(value))


def rect(left: float, right: float, top: float, bottom: float, look: str, title: str = "") -> str:
    """Return a box, as wide as can be seen at least; ``look`` is its class."""
    width = max(right - left, 2.0)
    left = min(left, WIDTH - width)
    sizes = {"x": left, "y": float(top), "width": width, "height": float(bottom - top)}
    return tag("rect", title=title, class_=look, **sizes)


def path(data: str, look: str) -> str:
    """Return a path; ``look`` is its class."""
    return tag("path", d=data, class_=look)


def plot(height: float, shapes: Iterable[str], texts: Iterable[str] = ()) -> str:
    """Return a drawing, as wide as there is room for, with texts that do not stretch with it."""
    drawing = tag(
        "svg",
        "".join(shapes),
        viewBox=f"0 0 {WIDTH:.0f} {height:.0f}",
        preserveAspectRatio="none",
        aria_hidden="true",
    )
    return tag("div", drawing + "".join(texts), class_="plot", style=f"height:{height:.0f}px")


def row(name: str, drawn: str, *, details: str = "", look: str = "", title: str = "") -> str:
    """Return a drawing with its name at its left.

    Args:
        name: text.
        drawn: what `plot` has returned.
        details: markup below the name, such as what colours mean.
        look: further classes.
        title: more about the name.
    """
    label = tag("b", escape(name), title=title) + details
    named = tag("div", label, class_="name")
    return tag("div", named + drawn, class_=f"row {look}".rstrip()) + "\n"


def text_at(
    x: float, top: float, text: str, look: str = "", *, before: bool = False, title: str = ""
) -> str:
    """Return a text in a plot.

    Args:
        x: where it begins, in the units of drawings.
        top: pixels from the top.
        text: text.
        look: further classes.
        before: it ends at ``x`` instead.
        title: more about it.
    """
    share = x / WIDTH * 100
    place = f"right:{100 - share:.2f}%" if before else f"left:{share:.2f}%"
    return tag(
        "span",
        escape(text),
        title=title,
        class_=f"t {look}".rstrip(),
        style=f"{place};top:{top:g}px",
    )


def key(look: str, text: str) -> str:
    """Return what a colour means."""
    return tag("span", tag("i", class_=look) + escape(text), class_="key")


def heading(text: str) -> str:
    """Return what stands above a group of rows."""
    return tag("h2", escape(text)) + "\n"
