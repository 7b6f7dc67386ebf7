"""The heap with names."""

from hypothesis import given
from hypothesis import strategies as st

from kactors.scheduler.queue.heap import Heap

NAMES = st.sampled_from("abcde")
STEPS = st.one_of(
    st.tuples(st.just("add"), NAMES, st.integers(0, 3)),
    st.tuples(st.just("remove"), NAMES, st.just(0)),
    st.tuples(st.just("pop"), st.just(""), st.just(0)),
)


@given(st.lists(STEPS, max_size=60))
def test_it_is_a_sorted_dictionary(steps: list[tuple[str, str, int]]) -> None:
    """Whatever is added, replaced and removed, the smallest key comes first, then the oldest."""
    heap: Heap[str] = Heap()
    model: dict[str, tuple[int, int]] = {}

    for number, (what, name, key) in enumerate(steps):
        if what == "add":
            heap.add(name, (key,), name)
            model[name] = (key, number)
        elif what == "remove":
            assert heap.remove(name) == (name if model.pop(name, None) else None)
        else:
            first = min(model, key=model.__getitem__, default=None)
            assert heap.first_key() == ((model[first][0],) if first else None)
            assert heap.pop() == first
            model.pop(first or "", None)
        assert len(heap) == len(model)
        assert all(heap.get(each) == each for each in model)


def test_hollow_entries_do_not_pile_up() -> None:
    """Replacing one item for ever takes no more and more room."""
    heap: Heap[int] = Heap()

    for number in range(1000):
        heap.remove("a")
        heap.add("a", (number,), number)

    assert len(heap._heap) < 30
