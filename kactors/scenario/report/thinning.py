"""Samples, made fewer where a run is long: a page need not show more than a screen has columns."""

from collections import Counter
from collections.abc import Sequence

import attrs

from kactors.scenario.timeline import ApiSample, Sample

__all__ = ["Stretch", "thin"]

_MOST = 360


@attrs.frozen
class Stretch:
    """Some seconds that are drawn as one.

    Attributes:
        end_s: scenario time at its end.
        seconds: how long it is.
        last: how things stood at its end.
        nodes_ready: the fewest.
        pods: of the second with the fewest ready ones.
        calls: of Services, all together: by Service and outcome.
        api: of clients, all together, with the slowest latencies; None without any.
    """

    end_s: float
    seconds: float
    last: Sample
    nodes_ready: int
    pods: dict[str, int]
    calls: dict[str, Counter[str]]
    api: ApiSample | None


def thin(samples: Sequence[Sample], most: int = _MOST) -> list[Stretch]:
    """Return stretches of equal numbers of samples, ``most`` of them at most.

    What is bad survives: of latencies the slowest, of nodes and pods the fewest are kept.
    """
    size = -(-len(samples) // most) or 1
    groups = [samples[at : at + size] for at in range(0, len(samples), size)]
    found = []
    before_s = samples[0].at_s - 1.0 if samples else 0.0
    for group in groups:
        found.append(_stretch(group, group[-1].at_s - before_s))
        before_s = group[-1].at_s
    return found


def _stretch(samples: Sequence[Sample], seconds: float) -> Stretch:
    calls: dict[str, Counter[str]] = {}
    for sample in samples:
        for service, outcomes in sample.calls.items():
            calls.setdefault(service, Counter()).update(outcomes)
    return Stretch(
        end_s=samples[-1].at_s,
        seconds=seconds,
        last=samples[-1],
        nodes_ready=min(sample.nodes_ready for sample in samples),
        pods=min(samples, key=lambda sample: sample.pods.get("Ready", 0)).pods,
        calls=calls,
        api=_together([sample.api for sample in samples if sample.api is not None]),
    )


def _together(found: Sequence[ApiSample]) -> ApiSample | None:
    if not found:
        return None
    return ApiSample(
        done=sum(each.done for each in found),
        failed=sum(each.failed for each in found),
        unknown=sum(each.unknown for each in found),
        p50_ms=max((each.p50_ms for each in found if each.p50_ms is not None), default=None),
        p99_ms=max((each.p99_ms for each in found if each.p99_ms is not None), default=None),
    )
