"""Python source text that is made up at run time, and the names it may use."""

import linecache
from collections.abc import Callable, Sequence
from typing import Any


class Source:
    """The text of one function under construction.

    Tracebacks and debuggers show the text: it is kept where `linecache` looks for it.
    """

    def __init__(self, filename: str) -> None:
        self.filename = f"<{filename}>"
        self._names: dict[str, object] = {}

    def name(self, hint: str, value: object) -> str:
        """Make ``value`` known to the function and return the name that it has there."""
        name = f"{hint}_{len(self._names)}"
        self._names[name] = value
        return name

    def function(self, name: str, lines: Sequence[str]) -> Callable[..., Any]:
        """Compile ``lines``, which define the function ``name``, and return it."""
        text = "\n".join(lines) + "\n"
        code = compile(text, self.filename, "exec")
        exec(code, self._names)  # noqa: S102 - the text is made of our own names and of nothing received
        linecache.cache[self.filename] = (len(text), None, text.splitlines(True), self.filename)
        function: Callable[..., Any] = self._names[name]  # type: ignore[assignment] # defined by exec
        return function
