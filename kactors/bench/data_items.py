"""The JSON that perfdash reads.

Source: kubernetes test/integration/scheduler_perf/util.go (``DataItems``, ``dataItems2JSONFile``).
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

import attrs

__all__ = ["DataItem", "as_data_items"]

_NOT_APPLICABLE: Final = "not applicable"
_VERSION: Final = "v1"


@attrs.frozen
class DataItem:
    """One data point.

    Attributes:
        data: from the bucket, such as ``Perc90``, to the value.
        unit: of the values.
        labels: what it is of; ``Name`` and ``Metric`` always.
    """

    data: Mapping[str, float]
    unit: str
    labels: Mapping[str, str]


def as_data_items(items: Iterable[DataItem]) -> dict[str, Any]:
    """Return the file; every item gets all labels that any of them has."""
    found = list(items)
    known = dict.fromkeys(label for item in found for label in item.labels)
    return {
        "version": _VERSION,
        "dataItems": [
            {
                "data": dict(item.data),
                "unit": item.unit,
                "labels": {label: item.labels.get(label, _NOT_APPLICABLE) for label in known},
            }
            for item in found
        ],
    }
