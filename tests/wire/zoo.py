"""One message for every kind of field, in a registry of their own."""

from enum import Enum, IntEnum, StrEnum
from typing import Any, Generic, Literal, NamedTuple, NewType, TypeVar

import attrs

from kactors.wire import Registry, message, remote_error

ZOO = Registry()

AnswerT = TypeVar("AnswerT")
LeaseId = NewType("LeaseId", int)
MaybeText = NewType("MaybeText", str)


class Asks(Generic[AnswerT]):
    """A marker: a request that is answered by one message."""

    __slots__ = ()


class Colour(Enum):
    """An enumeration of texts."""

    RED = "red"
    GREEN = "green"


class Size(IntEnum):
    """An enumeration of numbers."""

    SMALL = 1
    LARGE = 2


class Mood(StrEnum):
    """An enumeration whose members are texts."""

    CALM = "calm"
    WILD = "wild"


class Place(NamedTuple):
    """A NamedTuple, with a default at its end."""

    host: str
    name: str
    zone: str | None = None


@message("zoo.scalars", registry=ZOO)
class Scalars:
    """Every scalar."""

    number: int
    real: float
    flag: bool
    text: str
    data: bytes
    nothing: None
    lease: LeaseId
    name: MaybeText = MaybeText("")


@message("zoo.done", registry=ZOO)
class Done:
    """An answer."""

    revision: int


@message("zoo.put", registry=ZOO)
class Put(Asks[Done]):
    """A request."""

    key: bytes
    value: bytes
    lease: int = 0


@message("zoo.choices", registry=ZOO)
class Choices:
    """Enumerations and literals."""

    colour: Colour
    size: Size
    mood: Mood
    verb: Literal["get", "put"]
    mixed: Literal[1, "one", True, b"1", None]


@message("zoo.containers", registry=ZOO)
class Containers:
    """Containers of scalars, of enumerations and of each other."""

    numbers: list[int]
    texts: tuple[str, ...]
    pair: tuple[int, str]
    empty: tuple[()]
    names: frozenset[str]
    places: frozenset[Place]
    labels: dict[str, str]
    blobs: dict[bytes, tuple[int, ...]]
    counts: dict[int, list[Colour]]
    owners: dict[tuple[str, Size], Place]
    matrix: list[list[float]]
    nested: tuple[tuple[int, tuple[str, Place]], dict[Mood, bool]]


@message("zoo.keys", registry=ZOO)
class Keys:
    """Keys that are one of several scalars: in a map, and in an array."""

    names: dict[str | bytes, int]
    things: dict[int | str | None, frozenset[int | bool]]


@message("zoo.unions", registry=ZOO)
class Unions:
    """Unions: optional, of scalars, of messages, of everything that can be told apart."""

    maybe: int | None
    scalar: int | str | bytes | bool | float
    answer: Done | Put
    either: Done | str | None
    several: Place | dict[str, int] | bool | None
    real: float | str
    named: Mood | int | None
    items: tuple[Done | int, ...] = ()


@message("zoo.nested", registry=ZOO)
class Nested:
    """Messages in messages."""

    put: Put
    places: tuple[Place, ...]
    puts: list[Put]
    by_name: dict[str, Put]
    home: Place | None = None


@message("zoo.tree", registry=ZOO)
class Tree:
    """A message that contains itself."""

    label: str
    children: tuple["Tree", ...] = ()
    parent: "Tree | None" = None


@message("zoo.open", registry=ZOO)
class Open:
    """Fields for messages of a family, or of any."""

    request: Asks[Any]
    anything: object
    problem: Exception | None
    perhaps: object | None = None


@message("zoo.plain", registry=ZOO)
class PlainValues:
    """JSON-shaped values."""

    value: Any
    table: dict[str, Any]
    rows: tuple[Any, ...] = ()


@message("zoo.base", registry=ZOO)
class Base:
    """A message that others extend."""

    term: int


@message("zoo.derived", registry=ZOO)
class Derived(Base):
    """Fields of the base class come first."""

    index: int = 0


@message("zoo.based", registry=ZOO)
class Based:
    """A field declared as a base class takes every message below it."""

    base: Base
    bases: tuple[Base, ...]


@message("zoo.by-keyword", registry=ZOO)
class ByKeyword:
    """Fields that the constructor takes by name, and one with another name there."""

    first: int
    _private: str = "p"
    last: int = attrs.field(kw_only=True)
    extra: list[int] = attrs.field(factory=list, kw_only=True)


@message("zoo.checked", registry=ZOO)
class Checked:
    """A message that is particular about its values."""

    percent: int = attrs.field(validator=attrs.validators.le(100))
    doubled: int = attrs.field(default=1)

    def __attrs_post_init__(self) -> None:
        if self.doubled < 0:
            raise ValueError("doubled must not be negative")


@message("zoo.empty", registry=ZOO)
class Empty:
    """A message without fields."""


@remote_error("zoo.not-leader", registry=ZOO)
class NotLeader(Exception):
    """Only the leader accepts proposals.

    More is said here.
    """

    member: int
    hint: Place | None = None


@remote_error("zoo.gone", registry=ZOO)
class Gone(Exception):
    """It was there."""


@remote_error("zoo.spoken", registry=ZOO)
class Spoken(NotLeader):
    """An error that words itself."""

    term: int = 0

    def __str__(self) -> str:
        return f"term {self.term} has another leader than {self.member}"
