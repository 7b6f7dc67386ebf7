"""What an actor knows of itself."""

from tests.actors.cast import serve, small_world


def test_name_address_and_host() -> None:
    """As others know it."""
    world = small_world()
    actor = serve(world).last

    assert (actor.name, str(actor.address), actor.host.name) == ("server", "b/server", "b")


def test_chance_is_keyed_by_life() -> None:
    """The same key in the same life is the same stream from its beginning; in the next not."""
    world = small_world()
    lives = serve(world)
    first = [lives.last.random("x").random() for _ in range(2)]
    world.hosts["b"].system.kill("server", "a test")
    world.run_for(1)

    assert first[0] == first[1] != lives.last.random("x").random()
    assert lives.last.random("x").random() != lives.last.random("y").random()
