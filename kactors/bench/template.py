"""Objects from text with places to fill in: the part of Go's text/template that upstream uses.

A place is ``{{.Index}}``, ``{{.Count}}``, a number, or a function of two of these:
``{{DivideInt .Index 10}}``.

Source: kubernetes test/integration/scheduler_perf/util.go (``getSpecFromTextTemplateFile``).
"""

import operator
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import attrs

from kactors.api.objects import Object
from kactors.bench.document import read_document
from kactors.bench.errors import BrokenConfig, BrokenTemplate

__all__ = ["Template", "read_template"]

Number = int | float

_PLACE: Final = re.compile(r"\{\{-?(.*?)-?\}\}")


def _integers(function: Callable[[int, int], int]) -> Callable[[Number, Number], Number]:
    return lambda a, b: function(int(a), int(b))


FUNCTIONS: Final[Mapping[str, Callable[[Number, Number], Number]]] = {
    "AddFloat": operator.add,
    "AddInt": _integers(operator.add),
    "DivideFloat": operator.truediv,
    "DivideInt": _integers(operator.floordiv),
    "Mod": _integers(operator.mod),
    "MultiplyFloat": operator.mul,
    "MultiplyInt": _integers(operator.mul),
    "SubtractFloat": operator.sub,
    "SubtractInt": _integers(operator.sub),
}


@attrs.frozen
class Template:
    """Makes one object after the other.

    Attributes:
        file: where it was read.
        text: with its places.
        fixed: the object, if there are no places.
    """

    file: Path
    text: str
    fixed: Object | None = None

    def object(self, index: int, count: int) -> Object:
        """Return the object number ``index`` of ``count``, from 0; what is in it may be shared.

        Raises:
            BrokenTemplate: a place cannot be filled in.
            BrokenConfig: what comes out is no object.
        """
        if self.fixed is not None:
            return self.fixed
        values = {".Index": index, ".Count": count}

        def fill(place: re.Match[str]) -> str:
            return str(_evaluate(place.group(1).split(), values))

        return _object(self.file, _PLACE.sub(fill, self.text))


def read_template(file: Path) -> Template:
    """Read a template, and see that it makes an object.

    Raises:
        BrokenConfig: it does not.
    """
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        raise BrokenConfig(file, 1, f"the template cannot be read: {problem}") from problem
    template = Template(file, text)
    try:
        first = template.object(0, 1)
    except BrokenTemplate as problem:
        line = 1 + text[: text.find("{{")].count("\n")
        raise BrokenConfig(file, line, str(problem)) from problem
    return template if _PLACE.search(text) else Template(file, text, first)


def _evaluate(words: list[str], values: Mapping[str, Number]) -> Number:
    match words:
        case [word]:
            return _number(word, values)
        case [name, left, right] if name in FUNCTIONS:
            try:
                return FUNCTIONS[name](_number(left, values), _number(right, values))
            except ZeroDivisionError:
                raise BrokenTemplate(
                    f"'{{{{{' '.join(words)}}}}}' divides by zero: change it"
                ) from None
    raise BrokenTemplate(
        f"'{{{{{' '.join(words)}}}}}' is not understood: write .Index, .Count, a number, or one of "
        f"{', '.join(FUNCTIONS)} of two of these"
    )


def _number(word: str, values: Mapping[str, Number]) -> Number:
    if word in values:
        return values[word]
    try:
        return float(word) if "." in word else int(word)
    except ValueError:
        raise BrokenTemplate(
            f"{word!r} in a template is not understood: write .Index, .Count or a number"
        ) from None


def _object(file: Path, text: str) -> Object:
    document = read_document(file, text)
    found = document.value
    if not isinstance(found, dict) or not isinstance(found.get("kind"), str):
        raise document.broken("makes no object: write apiVersion, kind, metadata and so on")
    if not isinstance(found.get("metadata") or {}, dict):
        raise document.broken("metadata is no mapping: write a name, or generateName")
    made: Object = found
    return made
