"""Changes of code at run time, written as the text before and after.

The function's source is read, changed and compiled, and its code object is put in the place of
the real one. So whoever holds the function (a table of handlers, another module) has the
changed one, and everything is as it was when the context ends. A text that is not there
exactly once is an error: a mutant must not rot silently.
"""

import importlib
import inspect
import textwrap
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from types import CodeType, FunctionType
from typing import Any

import attrs

from kactors.testing.mutants.errors import StaleMutant

__all__ = ["Edit", "edited"]


@attrs.frozen
class Edit:
    """One change in one function.

    Attributes:
        module: where the function is defined.
        name: ``function`` or ``Class.method``; a property is named as a method is.
        before: text that is in its source exactly once.
        after: what stands there instead.
    """

    module: str
    name: str
    before: str
    after: str


def edited(*edits: Edit) -> Callable[[], AbstractContextManager[None]]:
    """Return what makes a context in which all ``edits`` are done.

    Raises:
        StaleMutant: on entering, if a text is not there exactly once.
    """

    @contextmanager
    def apply() -> Iterator[None]:
        with ExitStack() as stack:
            for edit in edits:
                stack.enter_context(_one_edit(edit))
            yield

    return apply


@contextmanager
def _one_edit(edit: Edit) -> Iterator[None]:
    function = _find(edit)
    real = function.__code__
    function.__code__ = _changed(edit, function)
    try:
        yield
    finally:
        function.__code__ = real


def _find(edit: Edit) -> FunctionType:
    found: Any = importlib.import_module(edit.module)
    try:
        for part in edit.name.split("."):
            found = inspect.getattr_static(found, part)
    except AttributeError:
        raise StaleMutant(f"{edit.module} has no {edit.name}: rewrite the mutant") from None
    return _plain(found)


def _plain(found: Any) -> FunctionType:
    """Return the function inside a property, a static or a class method."""
    if isinstance(found, property):
        found = found.fget
    found = getattr(found, "__func__", found)
    assert isinstance(found, FunctionType), f"{found} is no function"
    return found


def _changed(edit: Edit, function: FunctionType) -> CodeType:
    source = textwrap.dedent(inspect.getsource(function))
    count = source.count(edit.before)
    if count != 1:
        raise StaleMutant(
            f"{edit.module}.{edit.name} contains {count} times, not once: {edit.before!r}: "
            "rewrite the mutant"
        )
    text = source.replace(edit.before, edit.after)
    name = f"<mutant of {edit.module}.{edit.name}>"
    scope = dict(function.__globals__)
    exec(compile(text, name, "exec"), scope)  # noqa: S102 - the corpus is code of ours
    return _plain(scope[function.__name__]).__code__
