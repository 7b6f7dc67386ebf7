"""Who wants to know when the lives of actors begin and end."""

from collections.abc import Callable

from kactors.transport.envelope import Address

OnLife = Callable[[Address], None]


class Lives:
    """The listeners of one world.

    Attributes:
        on_started: called when an actor's life begins, the first or a later one.
        on_died: called when an actor's life ends, for whatever reason but its host's crash.
    """

    def __init__(self) -> None:
        self.on_started: list[OnLife] = []
        self.on_died: list[OnLife] = []

    def tell(self, what: str, address: Address) -> None:
        """Call whoever wants to know of ``start``, ``fail`` or ``stop``."""
        for listener in tuple(self.on_started if what == "start" else self.on_died):
            listener(address)
