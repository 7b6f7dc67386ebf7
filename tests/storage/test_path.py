"""Names of files on a disk."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kactors.storage.errors import DiskPathError
from kactors.storage.path import ancestors_of, check_directory, check_path, join, parent_of

parts = st.text(st.characters(exclude_characters="/\0"), min_size=1).filter(
    lambda part: part not in {".", ".."}
)


@pytest.mark.parametrize(
    "name", ["", "/", "/etc/passwd", "a//b", "a/", "./a", "..", "a/../../b", "a\0b"]
)
def test_what_leads_elsewhere_is_refused(name: str) -> None:
    """Absolute paths, empty parts, dots and NULs are no names of files."""
    with pytest.raises(DiskPathError, match="below the disk's root"):
        check_path(name)


def test_the_root_is_a_directory_and_not_a_file() -> None:
    """The empty name is the root, where a directory may be named."""
    assert check_directory("") == ""


@given(st.lists(parts, min_size=1, max_size=4))
def test_plain_names_are_taken(names: list[str]) -> None:
    """Any plain names joined by slashes make a path, whose ancestors are its beginnings."""
    path = "/".join(names)

    assert check_path(path) == path
    assert join(parent_of(path), names[-1]) == path
    assert ancestors_of(path) == ("", *("/".join(names[:n]) for n in range(1, len(names))))
