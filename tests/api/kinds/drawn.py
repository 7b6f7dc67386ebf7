"""Objects drawn from the structure of their kind: right in their types, and otherwise anything."""

from typing import Any

from hypothesis import strategies as st

from kactors.api.objects import Object
from kactors.api.schema.types import Field, definition

__all__ = ["drawn"]

_WORDS = ["", "a", "b", "A", "-", "web", "TCP", "In", "Exists", "Always", "Never", "None", "25%",
          "RollingUpdate", "ClientIP", "Localhost", "NoExecute", "metadata.name", "10.0.0.1",
          "ClusterIP", "LoadBalancer", "ExternalName", "Indexed", "/", "a/b", "v1"]  # fmt: skip
_TEXT = st.sampled_from(_WORDS)
_NUMBER = st.sampled_from([-1, 0, 1, 2, 80, 70_000])
_SCALARS: dict[str, st.SearchStrategy[Any]] = {
    "s": _TEXT, "i": _NUMBER, "l": _NUMBER, "b": st.booleans(),
    "y": st.sampled_from(["", "YQ=="]), "q": st.sampled_from(["-1", "0", "1", "500m", "1Gi"]),
    "t": st.just("2020-01-01T00:00:00Z"), "u": st.just("2020-01-01T00:00:00.000000Z"),
    "x": st.one_of(_NUMBER, _TEXT), "*": st.just({}),
}  # fmt: skip
_FIELDS_AT_ONCE = 5


@st.composite
def drawn(draw: st.DrawFn, name: str, depth: int = 7) -> Object:
    """Return an object of a definition, with a few of its fields."""
    fields = definition(name).fields
    if not fields:
        return {}
    names = draw(st.lists(st.sampled_from(sorted(fields)), max_size=_FIELDS_AT_ONCE, unique=True))
    wanted = [each for each in fields if each in names or fields[each].required]
    return {each: draw(_value(fields[each].type, fields[each], depth)) for each in wanted}


def _value(kind: str, field: Field, depth: int) -> st.SearchStrategy[Any]:
    if kind[0] == "[":
        # Values that are merged are a set, whatever their list says.
        a_set = field.merge and not field.merge_key
        items = _value(kind[1:], field, depth)
        return st.lists(items, max_size=2 if depth else 0, unique=a_set)
    if kind[0] == "{":
        return st.dictionaries(_TEXT, _value(kind[1:], field, depth), max_size=2 if depth else 0)
    if kind[0] == "@":
        return drawn(kind[1:], depth - 1) if depth else st.just({})
    return _SCALARS[kind]
