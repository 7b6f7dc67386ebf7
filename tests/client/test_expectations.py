"""What was asked for and is not seen yet."""

from kactors.client.expectations import (
    EXPECTATIONS_TIMEOUT,
    ControllerExpectations,
    UIDTrackingControllerExpectations,
)
from kactors.runtime import sim, sleep


def test_an_owner_is_left_alone_until_all_is_seen() -> None:
    """Nothing expected is as good as all seen; more sightings than expected do no harm."""

    async def main() -> None:
        expected = ControllerExpectations()
        assert expected.satisfied_expectations("a")
        expected.expect_creations("a", 2)
        expected.creation_observed("a")
        assert not expected.satisfied_expectations("a")
        assert expected.get_expectations("a") == (1, 0)
        expected.creation_observed("a")
        expected.creation_observed("a")
        assert expected.satisfied_expectations("a")
        expected.expect_deletions("a", 1)
        assert not expected.satisfied_expectations("a")
        expected.deletion_observed("a")
        assert expected.satisfied_expectations("a")
        expected.raise_expectations("a", 1, 1)
        assert expected.get_expectations("a") == (1, 1)
        expected.delete_expectations("a")
        assert expected.get_expectations("a") == (0, 0)

    sim.run(main)


def test_what_is_never_seen_is_not_waited_for_for_ever() -> None:
    """After five minutes the cache is believed again."""

    async def main() -> None:
        expected = ControllerExpectations()
        expected.expect_creations("a", 1)
        await sleep(EXPECTATIONS_TIMEOUT)
        assert not expected.satisfied_expectations("a")
        await sleep(1.0)
        assert expected.satisfied_expectations("a")

    sim.run(main)


def test_each_deletion_is_crossed_off_once() -> None:
    """An object whose going shows twice does not stand for another one."""

    async def main() -> None:
        expected = UIDTrackingControllerExpectations()
        expected.expect_deletions_of("a", ["1", "2"])
        expected.deletion_observed_of("a", "1")
        expected.deletion_observed_of("a", "1")
        expected.deletion_observed_of("a", "3")
        expected.deletion_observed_of("b", "1")
        assert expected.get_uids("a") == ("2",)
        assert not expected.satisfied_expectations("a")
        expected.deletion_observed_of("a", "2")
        assert expected.satisfied_expectations("a")
        expected.expect_deletions_of("a", ["1"])
        expected.delete_expectations("a")
        assert expected.get_uids("a") == ()
        assert expected.satisfied_expectations("a")

    sim.run(main)
