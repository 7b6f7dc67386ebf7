"""Names of files on a disk: relative, with ``/`` between their parts."""

from kactors.storage.errors import DiskPathError

_FORBIDDEN = frozenset({"", ".", ".."})


def check_path(name: str) -> str:
    """Return ``name`` if it names something below a disk's root.

    Raises:
        DiskPathError: it is absolute, has an empty, ``.`` or ``..`` part, or a NUL.

    Example:
        >>> check_path("wal/0001.wal")
        'wal/0001.wal'
        >>> check_path("../etc/passwd")
        Traceback (most recent call last):
        ...
        kactors.storage.errors.DiskPathError: '../etc/passwd' is not a path below the disk's root: \
join plain names with '/'
    """
    if "\0" in name or not _FORBIDDEN.isdisjoint(name.split("/")):
        raise DiskPathError(
            f"{name!r} is not a path below the disk's root: join plain names with '/'"
        )
    return name


def check_directory(name: str) -> str:
    """Return ``name`` if it is the root, written ``""``, or a path below it.

    Raises:
        DiskPathError: see `check_path`.
    """
    return check_path(name) if name else name


def parent_of(name: str) -> str:
    """Return the directory that holds ``name``; ``""`` is the root.

    Example:
        >>> parent_of("wal/0001.wal"), parent_of("lock")
        ('wal', '')
    """
    return name.rpartition("/")[0]


def ancestors_of(name: str) -> tuple[str, ...]:
    """Return the directories above ``name``, the root first.

    Example:
        >>> ancestors_of("a/b/c")
        ('', 'a', 'a/b')
    """
    parts = name.split("/")[:-1] if name else []
    return ("", *("/".join(parts[: depth + 1]) for depth in range(len(parts))))


def join(directory: str, name: str) -> str:
    """Return the path of ``name`` in ``directory``.

    Example:
        >>> join("wal", "0001.wal"), join("", "lock")
        ('wal/0001.wal', 'lock')
    """
    return f"{directory}/{name}" if directory else name
