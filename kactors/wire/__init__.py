"""Messages and their bytes: frozen attrs classes to msgpack and back.

A message is declared with `message`, an exception that travels with `remote_error`. The
encoder and the decoder of a class are written as Python source when they are first needed;
they check every type, so that whatever is wrong ends in one family of errors, `WireError`.

On the wire a message is the array ``[tag, field, ...]``. In its fields may stand:

| annotation                               | on the wire                                       |
|------------------------------------------|---------------------------------------------------|
| ``None bool int float str bytes``        | themselves; an int has at most 64 bits            |
| an ``Enum`` of ints or of strs           | its value                                         |
| ``Literal[...]``                         | the value                                         |
| a message or remote error                | its array; of a base class: any message below it  |
| ``object``, or a base class with nothing | any message (below it), known by its tag          |
| but ``__slots__ = ()``                   |                                                   |
| a ``NamedTuple``                         | the array of its fields, without a tag            |
| ``list[X] tuple[X, ...] tuple[X, Y]``    | an array                                          |
| ``frozenset[X]``                         | an array, sorted by encoded form                  |
| ``dict[K, V]``                           | a map if K is str or bytes, else the array        |
|                                          | ``[key, value, key, ...]``                        |
| ``X | Y``, ``X | None``                  | whichever it is; no two may have one msgpack type |
| ``Any``                                  | what JSON could hold, and bytes                   |
| a ``NewType``, a ``type`` alias          | what it stands for                                |

Fields may be added at the end, with defaults: readers skip what is too much and fill in
what is missing, in messages and in NamedTuples.
"""

from kactors.wire.declare import evolve as evolve
from kactors.wire.declare import message as message
from kactors.wire.declare import remote_error as remote_error
from kactors.wire.errors import DeclarationError as DeclarationError
from kactors.wire.errors import DuplicateTag as DuplicateTag
from kactors.wire.errors import EncodeError as EncodeError
from kactors.wire.errors import FrameTooLarge as FrameTooLarge
from kactors.wire.errors import Malformed as Malformed
from kactors.wire.errors import TooDeep as TooDeep
from kactors.wire.errors import UnexpectedMessage as UnexpectedMessage
from kactors.wire.errors import UnknownTag as UnknownTag
from kactors.wire.errors import UnresolvedName as UnresolvedName
from kactors.wire.errors import UnsupportedField as UnsupportedField
from kactors.wire.errors import WireError as WireError
from kactors.wire.limits import DEFAULT_LIMITS as DEFAULT_LIMITS
from kactors.wire.limits import Limits as Limits
from kactors.wire.registry import REGISTRY as REGISTRY
from kactors.wire.registry import Registry as Registry
from kactors.wire.values import decode_value as decode_value
from kactors.wire.values import encode_decoded as encode_decoded
from kactors.wire.values import encode_value as encode_value

encode = REGISTRY.encode
decode = REGISTRY.decode
encode_record = REGISTRY.encode_record
decode_record = REGISTRY.decode_record
tag_of = REGISTRY.tag_of
registered = REGISTRY.registered
schema = REGISTRY.schema
