"""Objects as text: tables, names, YAML, JSON."""

import json
from collections.abc import Sequence
from enum import Enum
from typing import Any, Final

import attrs
import yaml

from kactors.api.meta import name_of, namespace_of
from kactors.api.objects import Object
from kactors.api.printers.tables import columns_of, row
from kactors.api.resource import Resource
from kactors.cluster.live.kubectl.manifests import label_of

__all__ = ["Form", "Printer", "document"]

_GAP: Final = 3


class Form(Enum):
    """In which form objects are shown."""

    TABLE = "table"
    WIDE = "wide"
    NAME = "name"
    YAML = "yaml"
    JSON = "json"

    @property
    def tabular(self) -> bool:
        """Whether there is one line for each object, under a heading."""
        return self in {Form.TABLE, Form.WIDE}


#: Line ends to YAML, which its other styles would not give back.
_BREAKS: Final = "\x85\u2028\u2029"


class _Dumper(yaml.SafeDumper):
    """Repeats what stands twice, for nobody reads anchors; and escapes rare line ends."""

    def represent_str(self, data: str) -> yaml.ScalarNode:
        """Choose the style of a text; the library chooses, unless it would choose wrongly."""
        style = '"' if any(each in data for each in _BREAKS) else None
        return self.represent_scalar("tag:yaml.org,2002:str", data, style=style)

    def ignore_aliases(self, data: Any) -> bool:
        """Say that there are none."""
        del data
        return True


_Dumper.add_representer(str, _Dumper.represent_str)


def document(value: Any, form: Form) -> str:
    """Return an object, or a list of them, as YAML or JSON; ends with a line's end."""
    if form is Form.JSON:
        return json.dumps(value, indent=4) + "\n"
    text: str = yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True)
    return text


@attrs.define
class Printer:
    """Puts objects of one resource into lines of a table.

    Columns get as wide as what stands in them; lines that come later follow the widths of those
    before, so that what is watched stays in its columns.

    Attributes:
        resource: of the objects.
        wide: whether to show the columns that take much room.
        namespaces: whether to show them, too.
        prefix: whether names say what they are names of.
    """

    resource: Resource
    wide: bool = False
    namespaces: bool = False
    prefix: bool = False
    _widths: list[int] = attrs.field(factory=list, init=False)

    def lines(self, objects: Sequence[Object], now_ns: int) -> list[str]:
        """Return a line for each object; before the first of them ever, the heading."""
        columns = columns_of(self.resource, wide=self.wide)
        table = []
        if not self._widths:
            heading = ["NAMESPACE"] if self.namespaces else []
            table.append([*heading, *(column.title for column in columns)])
            self._widths = [0] * len(table[0])
        for obj in objects:
            cells = row(obj, columns, now_ns)
            if self.prefix:
                cells = [
                    label_of(self.resource, cell) if column.title == "NAME" else cell
                    for column, cell in zip(columns, cells, strict=True)
                ]
            if self.namespaces:
                cells = [namespace_of(obj), *cells]
            table.append(cells)
        for cells in table:
            self._widths = [max(pair) for pair in zip(self._widths, map(len, cells), strict=True)]
        return [self._line(cells) for cells in table]

    def name(self, obj: Object) -> str:
        """Return what an object is called: ``pod/web``."""
        return label_of(self.resource, name_of(obj))

    def _line(self, cells: list[str]) -> str:
        padded = (cell.ljust(width + _GAP) for cell, width in zip(cells, self._widths, strict=True))
        return "".join(padded).rstrip()
