"""Making frozen objects quickly.

The ``__init__`` of a frozen attrs class goes through ``object.__setattr__`` for every field,
which is more than half of what decoding a small message would cost. A *twin* has the same
bases and the same slots but may be written to: fill one in, then let it become the real class.
Python allows that change of class exactly if the two lay out their objects in the same way.
"""

from typing import Generic

import attrs


def twin_of(cls: type) -> type | None:
    """Return the twin of a message class, or ``None`` if only its constructor may make it.

    That is so if the constructor does more than to set the fields, and for classes that
    are unusual enough that the twin could be noticed.
    """
    if not only_sets_fields(cls) or _watches_subclasses(cls):
        return None
    namespace = {
        "__orig_bases__": cls.__dict__.get("__orig_bases__", cls.__bases__),
        "__slots__": cls.__dict__.get("__slots__", ()),
        "__init__": object.__init__,
        "__setattr__": object.__setattr__,
        "__module__": cls.__module__,
        "__qualname__": cls.__qualname__,
        "__doc__": f"A `{cls.__qualname__}` that may still be written to.",
    }
    try:
        twin = type(cls.__name__, cls.__bases__, namespace)
        twin().__class__ = cls
    except TypeError:
        return None
    return twin


def only_sets_fields(cls: type) -> bool:
    """Whether the constructor of an attrs class does nothing but to set the fields."""
    hooks = ("__attrs_pre_init__", "__attrs_post_init__")
    if any(hasattr(cls, hook) for hook in hooks):
        return False
    return all(
        attribute.validator is None and attribute.converter is None
        for attribute in attrs.fields(cls)
    )


def _watches_subclasses(cls: type) -> bool:
    ordinary = (object, Generic)
    bases = [base for base in cls.__mro__[1:] if base not in ordinary]
    return (
        type(cls) is not type
        or issubclass(cls, BaseException)
        or any("__init_subclass__" in vars(base) for base in bases)
    )
