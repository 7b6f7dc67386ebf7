"""Definitions and their fields, read from ``structure.json`` when they are first asked for.

A type is a text: ``s`` string, ``i`` int32, ``l`` int64, ``b`` boolean, ``y`` bytes
in base64, ``q`` quantity, ``t`` time, ``u`` time with microseconds, ``x`` int or string, ``*``
anything, ``@name`` a definition, ``[T`` a list of T, ``{T`` a map to T.
"""

import json
from functools import cache
from importlib.resources import files
from typing import Any

import attrs

from kactors.api.errors import UnknownKind

__all__ = ["Definition", "Field", "definition"]


@attrs.frozen
class Field:
    """One field of a definition.

    Attributes:
        type: the text of its type.
        required: whether every object has it.
        keys: of a list, the fields that tell its items apart; ``("=",)`` if it is a set.
        merge_key: of a list, the field by which a strategic merge patch finds items.
        merge: whether a strategic merge patch merges the list instead of replacing it.
        retain_keys: whether such a patch says by ``$retainKeys`` which fields stay.
    """

    type: str
    required: bool = False
    keys: tuple[str, ...] = ()
    merge_key: str = ""
    merge: bool = False
    retain_keys: bool = False

    @property
    def item(self) -> str:
        """The type of what is in a list or a map."""
        return self.type[1:]

    @property
    def definition(self) -> "Definition | None":
        """The definition of the field, or of what its list or map holds; ``None`` if plain."""
        name = self.type.lstrip("[{")
        return definition(name[1:]) if name.startswith("@") else None


@attrs.frozen
class Definition:
    """A kind, or a part of one.

    Attributes:
        name: such as ``core.v1.PodSpec``.
        fields: by name.
    """

    name: str
    fields: dict[str, Field] = attrs.field(hash=False)

    @property
    def go_name(self) -> str:
        """The name of upstream's type, as its decoder prints it."""
        return self.name.rpartition(".")[2]


@cache
def _structure() -> dict[str, Any]:
    text = (files("kactors.api.schema") / "structure.json").read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)
    return found


@cache
def definition(name: str) -> Definition:
    """Return the definition of this name.

    Raises:
        UnknownKind: there is none.
    """
    found = _structure().get(name)
    if found is None:
        raise UnknownKind(f"the structure of {name!r}")
    required = found["r"]
    return Definition(
        name, {key: _field(each, key in required) for key, each in found["p"].items()}
    )


def _field(found: Any, required: bool) -> Field:
    if isinstance(found, str):
        return Field(found, required)
    kind, keys, merge_key, strategy = found
    strategies = strategy.split(",")
    return Field(
        kind, required, tuple(keys), merge_key, "merge" in strategies, "retainKeys" in strategies
    )
