"""The JSON of perfdash."""

from kactors.bench.data_items import DataItem, as_data_items


def test_every_item_has_all_labels() -> None:
    """What an item does not have is not applicable to it."""
    first = DataItem({"Average": 1.0}, "pods/s", {"Name": "x", "Metric": "a"})
    second = DataItem({"Perc50": 2.0}, "ms", {"Name": "x", "Metric": "b", "result": "error"})

    found = as_data_items([first, second])

    assert found["version"] == "v1"
    assert found["dataItems"][0] == {
        "data": {"Average": 1.0},
        "unit": "pods/s",
        "labels": {"Name": "x", "Metric": "a", "result": "not applicable"},
    }
    assert found["dataItems"][1]["labels"]["result"] == "error"
