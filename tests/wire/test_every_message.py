"""Every message that kactors declares survives the way to bytes and back."""

import importlib
import pkgutil
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import kactors
from kactors.wire import REGISTRY
from tests.wire.strategies import as_data, instances


def _declared() -> list[type]:
    """Import every module, and return what they registered; tests register messages too."""
    for module in pkgutil.walk_packages(kactors.__path__, "kactors."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    return [cls for cls in REGISTRY.registered().values() if cls.__module__.startswith("kactors.")]


@pytest.mark.parametrize("cls", _declared(), ids=REGISTRY.tag_of)
@settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
@given(data=st.data())
def test_it_comes_back_equal(cls: type, data: st.DataObject) -> None:
    """What is decoded equals what was encoded, to the type of every part."""
    message = data.draw(instances(REGISTRY, cls))
    encoded = REGISTRY.encode(message)
    decoded: Any = REGISTRY.decode(encoded, cls)
    assert as_data(decoded) == as_data(message)
    assert REGISTRY.encode(decoded) == encoded
