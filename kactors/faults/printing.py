"""How faults, triggers and times print: as the shortest call that makes them again."""

from typing import Any

import attrs

_TIMING = ("start=", "end=", "forever=")


def as_call(value: Any) -> str:
    """Return the source code of an attrs value; fields with their default are left out.

    Example:
        >>> from kactors.faults import At, Crash
        >>> Crash("etcd-1", start=At(5))
        Crash('etcd-1', start=At(5))
    """
    by_place: list[str] = []
    by_name: list[str] = []
    for field in attrs.fields(type(value)):
        found = getattr(value, field.name)
        if field.kw_only or field.default is not attrs.NOTHING:
            if found != field.default:
                by_name.append(f"{field.name}={_shown(field, found)}")
        else:
            by_place.append(_shown(field, found))
    # The fields of base classes come first in attrs; a reader wants what before when.
    by_name.sort(key=lambda text: text.startswith(_TIMING))
    return f"{type(value).__name__}({', '.join(by_place + by_name)})"


def _shown(field: "attrs.Attribute[Any]", found: Any) -> str:
    return repr(dict(found)) if field.metadata.get("mapping") else repr(found)
