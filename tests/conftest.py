"""Settings for all tests."""

from hypothesis import HealthCheck, settings

# A busy machine is no failure. Examples are new each time: what one run misses the next may find.
settings.register_profile(
    "kactors", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.load_profile("kactors")
