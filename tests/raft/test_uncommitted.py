"""The bound on a leader's uncommitted bytes."""

from hypothesis import given
from hypothesis import strategies as st

from kactors.raft.uncommitted import Uncommitted


def test_one_proposal_of_any_size_fits_into_nothing() -> None:
    """Else it never could be taken."""
    assert Uncommitted(10).fits(1000)


def test_more_than_the_limit_does_not_fit_but_empty_ones_do() -> None:
    """A leader's own empty entries must never be refused."""
    uncommitted = Uncommitted(10)
    uncommitted.add(5, 8)

    assert uncommitted.fits(2)
    assert not uncommitted.fits(3)
    assert uncommitted.fits(0)


@given(st.lists(st.integers(0, 9), max_size=20), st.data())
def test_the_count_does_not_drift(sizes: list[int], data: st.DataObject) -> None:
    """Model: the sum of all batches beyond the commit index."""
    uncommitted = Uncommitted(1000)
    commit_index = 0
    batches: list[tuple[int, int]] = []

    for index, size in enumerate(sizes, start=1):
        uncommitted.add(index, size)
        batches.append((index, size))
        commit_index = max(commit_index, data.draw(st.integers(0, index)))
        uncommitted.free_to(commit_index)
        assert uncommitted.bytes == sum(size for last, size in batches if last > commit_index)
