"""The grammar of label selectors in text.

::

    selector    = [requirement {"," requirement}]
    requirement = key | "!" key | key ("=" | "==" | "!=" | ">" | "<") [value]
                | key ("in" | "notin") "(" [value] {"," [value]} ")"

Source: kubernetes apimachinery pkg/labels/selector.go, ``Parser``.
"""

import re

from kactors.api.errors import MalformedSelector

__all__ = ["parse_requirements"]

_TOKEN = re.compile(r"[ \t\r\n]*(?:(==|!=|[=!(),><])|([^=!(),><\s]+)|$)")
_EXACT = {"=": "=", "==": "==", "!=": "!=", ">": "gt", "<": "lt"}
_END = ""

Parsed = tuple[str, str, tuple[str, ...]]


def parse_requirements(text: str) -> list[Parsed]:
    """Return (key, operator, values) of each requirement in ``text``, in its order.

    Raises:
        MalformedSelector: ``text`` is not of this grammar.
    """
    return _Parser(text).selector()


class _Parser:
    """Reads tokens: special signs and words; the end is an empty one."""

    def __init__(self, text: str) -> None:
        self._tokens: list[tuple[str, bool]] = []  # and whether it is a word
        position = 0
        while position < len(text):
            match = _TOKEN.match(text, position)
            assert match is not None, text  # every character is a sign, a word's, or blank
            sign, word = match.groups()
            if sign or word:
                self._tokens.append((sign or word, bool(word)))
            position = match.end()
        self._tokens.append((_END, False))
        self._position = 0

    def selector(self) -> list[Parsed]:
        parsed: list[Parsed] = []
        if self._peek() == _END:
            return parsed
        while True:
            parsed.append(self._requirement())
            found, _ = self._next()
            if found == _END:
                return parsed
            if found != ",":
                raise _unexpected(found, "',' or 'end of string'")
            if not self._is_word() and self._peek() != "!":
                raise _unexpected(self._peek(), "identifier after ','")

    def _requirement(self) -> Parsed:
        found, is_word = self._next()
        absent = found == "!"
        if absent:
            found, is_word = self._next()
        if not is_word:
            raise _unexpected(found, "identifier", prefix="unable to parse requirement: ")
        key = found
        if absent:
            return key, "!", ()
        if self._peek() in {",", _END}:
            return key, "exists", ()
        operator, _ = self._next()
        if operator in _EXACT:
            value = self._next()[0] if self._is_word() else ""
            return key, _EXACT[operator], (value,)
        if operator in {"in", "notin"}:
            return key, operator, self._values()
        raise _unexpected(
            operator,
            "in, notin, =, ==, !=, gt, lt",
            prefix="unable to parse requirement: ",
        )

    def _values(self) -> tuple[str, ...]:
        found, _ = self._next()
        if found != "(":
            raise _unexpected(found, "'('", prefix="unable to parse requirement: ")
        values: list[str] = []
        while True:
            # An empty place between commas is the empty value.
            values.append(self._next()[0] if self._is_word() else "")
            found, _ = self._next()
            if found == ")":
                return tuple(values)
            if found != ",":
                raise _unexpected(found, "',', or ')'", prefix="unable to parse requirement: ")

    def _peek(self) -> str:
        return self._tokens[self._position][0]

    def _is_word(self) -> bool:
        return self._tokens[self._position][1]

    def _next(self) -> tuple[str, bool]:
        found = self._tokens[self._position]
        if found[0] != _END:
            self._position += 1
        return found


def _unexpected(found: str, expected: str, *, prefix: str = "") -> MalformedSelector:
    return MalformedSelector(f"{prefix}found '{found}', expected: {expected}")
