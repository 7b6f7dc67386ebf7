"""Where a suspended coroutine waits."""

import linecache
from types import CoroutineType, FrameType, GeneratorType
from typing import Any, Final

_OURS: Final = "/kactors/runtime/"


def where(coroutine: object) -> str:
    """Say where a coroutine waits: the innermost frame outside the runtime that awaits.

    Returns:
        ``file:line in function: source``, without the source if there is none.
    """
    found: FrameType | None = None
    outermost: FrameType | None = None
    current: Any = coroutine
    while current is not None:
        if isinstance(current, CoroutineType):
            frame, current = current.cr_frame, current.cr_await
        elif isinstance(current, GeneratorType):
            frame, current = current.gi_frame, current.gi_yieldfrom
        else:
            break
        if frame is not None:
            outermost = outermost or frame
            file = frame.f_code.co_filename
            if _OURS not in file and "/trio/" not in file:
                found = frame
    frame = found or outermost
    if frame is None:
        return "its end"
    code = frame.f_code
    place = f"{code.co_filename}:{frame.f_lineno} in {code.co_qualname}"
    source = linecache.getline(code.co_filename, frame.f_lineno).strip()
    return f"{place}: {source}" if source else place
