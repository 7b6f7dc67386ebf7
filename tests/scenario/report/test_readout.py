"""What the pointer reads."""

import json

from kactors.scenario.report.axis import Axis
from kactors.scenario.report.readout import readout
from kactors.scenario.report.thinning import thin
from kactors.scenario.timeline import ApiSample
from tests.scenario.report.outcomes import sample


def test_an_instant_is_told_in_one_line() -> None:
    """With its place on the axis."""
    api = ApiSample(done=0, failed=1, unknown=2, p50_ms=None, p99_ms=None)
    second = sample(5.0, etcd="", terms={}, api=api, calls={"web": {}})
    written = readout(Axis(0.0, 10.0), thin([sample(1.0), second]))
    (place, text), (half, other) = json.loads(written)
    assert (place, half) == (0.1, 0.5)
    assert text == (
        "1 s · etcd m1, term 2 · scheduler m1 · controllers m1 · 1 nodes ready · "
        "2 of 2 pods ready · API 4 answered, 3 / 12 ms · web: 3 served"
    )
    assert "etcd without a leader, term 0" in other
    assert "API 0 answered, 1 failed, 2 unknown · web: no call ended" in other


def test_no_text_can_end_the_script() -> None:
    """JSON stays within the element that holds it."""
    written = readout(Axis(0.0, 10.0), thin([sample(1.0, calls={"</script>": {"served": 1}})]))
    assert "<" not in written
    assert "</script>: 1 served" in json.loads(written)[0][1]
