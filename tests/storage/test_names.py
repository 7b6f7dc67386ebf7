"""Which names survive a crash of a simulated disk."""

from collections.abc import Callable

from kactors.storage.medium import Content
from kactors.storage.names import Names
from tests.storage.every_choice import EveryChoice

Change = Callable[[Names], None]


def made(name: str) -> Change:
    """Create a file."""
    return lambda names: names.change(added=name, node=Content())


def renamed(old: str, new: str) -> Change:
    """Rename a file."""
    return lambda names: names.change(removed=old, added=new, node=names.seen[old])


def deleted(name: str) -> Change:
    """Delete a file."""
    return lambda names: names.change(removed=name)


def outcomes(*changes: Change, before: tuple[Change, ...] = ()) -> set[tuple[str, ...]]:
    """Return every set of files that a crash can leave after changes that nobody synced."""
    choice = EveryChoice()
    found = set()
    for _ in choice:
        names = Names()
        for change in before:
            change(names)
        names.settle("", names.last_number)
        for change in changes:
            change(names)
        names.crash(choice)
        found.add(names.children(""))
    return found


def test_unsynced_names_survive_independently() -> None:
    """Of two files made, any may be there after a crash."""
    assert outcomes(made("a"), made("b")) == {(), ("a",), ("b",), ("a", "b")}


def test_deletions_survive_independently() -> None:
    """The later of two deletions may survive without the earlier one."""
    left = outcomes(deleted("a"), deleted("b"), before=(made("a"), made("b")))

    assert left == {(), ("a",), ("b",), ("a", "b")}


def test_a_rename_is_atomic() -> None:
    """A crash leaves the old name or the new one, never both or none."""
    assert outcomes(renamed("a", "b"), before=(made("a"),)) == {("a",), ("b",)}


def test_a_change_does_not_survive_what_it_builds_on() -> None:
    """A file that was made and renamed is there under one name, or not at all."""
    assert outcomes(made("a"), renamed("a", "b")) == {(), ("a",), ("b",)}


def test_a_synced_directory_keeps_its_names() -> None:
    """After a sync of its directory a name survives for certain."""
    names = Names()
    made("a")(names)
    names.settle("", names.last_number)

    names.crash(EveryChoice())

    assert names.children("") == ("a",)


def test_only_the_directory_synced_is_durable() -> None:
    """Names in another directory are still on their way."""
    choice = EveryChoice()
    left = set()
    for _ in choice:
        names = Names()
        names.change(added="d")
        names.settle("", names.last_number)
        made("a")(names)
        made("d/b")(names)
        names.settle("d", names.last_number)
        names.crash(choice)
        left.add((names.children(""), names.children("d")))

    assert left == {(("d",), ("b",)), (("a", "d"), ("b",))}


def test_a_file_is_lost_with_its_directory() -> None:
    """Syncing a directory does not make its own name durable."""
    names = Names()
    names.change(added="d")
    made("d/b")(names)
    names.settle("d", names.last_number)
    choice = EveryChoice()
    next(iter(choice))  # the first answer is 0: lost

    names.crash(choice)

    assert list(names.seen) == [""]


def test_a_rename_between_directories_settles_what_it_builds_on() -> None:
    """Syncing the new directory does not let the old name come back with the old one."""
    names = Names()
    names.change(added="d")
    names.settle("", names.last_number)
    made("a")(names)
    renamed("a", "d/b")(names)

    names.settle("d", names.last_number)
    names.settle("", names.last_number)
    names.crash(EveryChoice())

    assert (names.children(""), names.children("d")) == (("d",), ("b",))


def test_what_comes_after_a_sync_began_is_not_covered() -> None:
    """A change made while the directory is being synced is left to the next sync."""
    names = Names()
    made("a")(names)
    number = names.last_number
    made("b")(names)
    choice = EveryChoice()
    next(iter(choice))

    names.settle("", number)
    names.crash(choice)

    assert names.children("") == ("a",)
