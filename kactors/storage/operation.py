"""What can be asked of a disk."""

from enum import Enum


class Operation(Enum):
    """One kind of call on a disk or on one of its files."""

    OPEN = "open"
    CREATE = "create"
    READ = "read"
    WRITE = "write"
    TRUNCATE = "truncate"
    SYNC = "sync"
    LIST = "list"
    EXISTS = "exists"
    MAKE_DIRECTORY = "make_directory"
    RENAME = "rename"
    DELETE = "delete"
    SYNC_DIRECTORY = "sync_directory"
