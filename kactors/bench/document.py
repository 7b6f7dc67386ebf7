"""YAML whose every value still knows on which line it stands.

Source: kubernetes test/integration/scheduler_perf/scheduler_perf.go decodes strictly: what is not
known is an error, not a remark.
"""

from collections.abc import Collection, Iterator
from pathlib import Path as FilePath
from typing import Any, Final, Self

import attrs
import yaml

from kactors.bench.errors import BrokenConfig

__all__ = ["Part", "read_document"]

Path = tuple[str | int, ...]

_REQUIRED: Final = object()
_DEPTH_MAX: Final = 64


@attrs.frozen
class Part:
    """A value in a document, and where it is.

    Attributes:
        file: the document's.
        value: plain: mappings, lists, text, numbers, truth values, None.
    """

    file: FilePath
    value: Any
    _path: Path
    _lines: dict[Path, int]

    @property
    def line(self) -> int:
        """Where it begins, from 1."""
        return self._lines[self._path]

    def broken(self, what: str) -> BrokenConfig:
        """Return the error that this value is at fault."""
        return BrokenConfig(self.file, self.line, what)

    # -- mappings --------------------------------------------------------------------------

    def check_fields(self, what: str, known: Collection[str]) -> None:
        """See to it that this is a mapping without unknown fields.

        Raises:
            BrokenConfig: it is not.
        """
        if not isinstance(self.value, dict):
            raise self.broken(f"{what} is {self.value!r}: write a mapping of fields")
        for name in self.value:
            if name not in known:
                part = self.part(name)
                assert part is not None, "it was just seen"
                raise part.broken(
                    f"{what} has the unknown field {name!r}: use {', '.join(sorted(known))}"
                )

    def part(self, name: str) -> Self | None:
        """Return a field; None if it is not there, or null."""
        if self.value.get(name) is None:
            return None
        return self._child(name)

    def text(self, name: str, default: Any = _REQUIRED) -> str:
        """Return a field that is text; ``default`` if it is not there."""
        found: str = self._typed(name, str, "text", default)
        return found

    def integer(self, name: str, default: Any = _REQUIRED) -> int:
        """Return a field that is an integer from 0; ``default`` if it is not there."""
        found: int = self._typed(name, int, "an integer from 0", default)
        return found

    def truth(self, name: str) -> bool:
        """Return a field that is true or false; false if it is not there."""
        return bool(self._typed(name, bool, "true or false", False))

    def parts(self, name: str) -> list[Self]:
        """Return the items of a field that is a list; none if it is not there."""
        field = self.part(name)
        return [] if field is None else list(field.items())

    def texts(self, name: str) -> tuple[str, ...]:
        """Return the items of a field that is a list of texts."""
        found = self.parts(name)
        for each in found:
            if not isinstance(each.value, str):
                raise each.broken(f"{name} has the item {each.value!r}: write text")
        return tuple(each.value for each in found)

    def items(self) -> Iterator[Self]:
        """Yield the items of this list."""
        if not isinstance(self.value, list):
            raise self.broken(f"found {self.value!r}: write a list")
        for number in range(len(self.value)):
            yield self._child(number)

    def _child(self, key: str | int) -> Self:
        return type(self)(self.file, self.value[key], (*self._path, key), self._lines)

    def _typed(self, name: str, kind: type, words: str, default: Any) -> Any:
        field = self.part(name)
        if field is None:
            if default is _REQUIRED:
                raise self.broken(f"the field {name!r} is missing: write {words}")
            return default
        value = field.value
        # Python takes truth values for integers; YAML's authors do not.
        wrong = type(value) is not kind
        if wrong or (isinstance(value, int) and value < 0):
            raise field.broken(f"{name} is {value!r}: write {words}")
        return value


def read_document(file: FilePath, text: str | None = None) -> Part:
    """Read a YAML file.

    Args:
        file: where it is.
        text: what is in it, if that is known.

    Raises:
        BrokenConfig: it cannot be read, or is no YAML.
    """
    if text is None:
        try:
            text = file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as problem:
            raise BrokenConfig(file, 1, f"cannot be read: {problem}") from problem
    loader = yaml.SafeLoader(text)
    lines: dict[Path, int] = {}
    try:
        root = loader.get_single_node()
        value = None if root is None else _value(loader, root, (), lines)
    except yaml.YAMLError as problem:
        mark = getattr(problem, "problem_mark", None)
        line = 1 if mark is None else mark.line + 1
        what = getattr(problem, "problem", None) or str(problem)
        raise BrokenConfig(file, line, f"is no YAML: {what}") from problem
    finally:
        loader.dispose()
    lines.setdefault((), 1)
    return Part(file, value, (), lines)


def _value(loader: yaml.SafeLoader, node: yaml.Node, path: Path, lines: dict[Path, int]) -> Any:
    """Return a node's value, and note where it and everything in it stands."""
    if len(path) > _DEPTH_MAX:
        raise yaml.MarkedYAMLError(
            problem=f"a value is nested {_DEPTH_MAX} deep, or contains itself",
            problem_mark=node.start_mark,
        )
    lines[path] = node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        found: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = str(loader.construct_object(key_node))
            if key in found:
                raise yaml.MarkedYAMLError(
                    problem=f"the field {key!r} stands there twice: keep one",
                    problem_mark=key_node.start_mark,
                )
            found[key] = _value(loader, value_node, (*path, key), lines)
            # A field is looked for where its name is.
            lines[(*path, key)] = key_node.start_mark.line + 1
        return found
    if isinstance(node, yaml.SequenceNode):
        return [
            _value(loader, item, (*path, number), lines) for number, item in enumerate(node.value)
        ]
    return loader.construct_object(node)
