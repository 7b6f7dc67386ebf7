"""What can go wrong between a message and its bytes; everything is a `WireError`.

```
WireError
├── DeclarationError      a class cannot be a message: the programmer's mistake
│   ├── DuplicateTag      UnsupportedField      UnresolvedName
├── EncodeError           this value does not fit the fields that its class declares
├── Malformed             these bytes are not what was declared
│   ├── UnknownTag        UnexpectedMessage
├── FrameTooLarge         more bytes than `Limits.size_bytes`
└── TooDeep               more nesting than `Limits.depth`
```
"""

from kactors.errors import KactorsError


class WireError(KactorsError):
    """A message could not be declared, encoded or decoded."""


class DeclarationError(WireError):
    """A class cannot be a message as it is written."""


class DuplicateTag(DeclarationError):
    """Two classes claim one tag.

    Attributes:
        tag: the tag in question.
    """

    def __init__(self, tag: str, *, first: str, second: str) -> None:
        super().__init__(
            f"the tag {tag!r} was asked for by {second}, but {first} has it already: "
            f"tags name classes on the wire, choose another"
        )
        self.tag = tag


class UnsupportedField(DeclarationError):
    """A field's annotation has no wire form.

    Attributes:
        where: the field, as ``Class.field``.
    """

    def __init__(self, where: str, *, found: str, instead: str) -> None:
        super().__init__(f"{where} is annotated {found}, which has no wire form: {instead}")
        self.where = where


class UnresolvedName(DeclarationError):
    """An annotation mentions a name that its module does not have, or not yet."""

    def __init__(self, cls: str, module: str, *, reason: str) -> None:
        super().__init__(
            f"an annotation of {cls} cannot be read: {reason}; the names in it must be those of "
            f"the module {module} by the time the class is first used"
        )


class EncodeError(WireError):
    """A value does not fit the field that it stands in, or is no message at all."""


class Malformed(WireError):
    """Bytes that are not what was declared: truncated, garbled, or of another shape."""


class UnknownTag(Malformed):
    """The tag is of no class that is registered here.

    Attributes:
        tag: the tag that was found.
    """

    def __init__(self, tag: str) -> None:
        super().__init__(
            f"no message is registered under the tag {tag[:100]!r}: import the module that "
            f"declares it, or update this program to the sender's version"
        )
        self.tag = tag


class UnexpectedMessage(Malformed):
    """A proper message, but not of the class that was asked for.

    Attributes:
        message: what arrived.
    """

    def __init__(self, message: object, *, expected: type) -> None:
        super().__init__(
            f"{expected.__qualname__} was expected, {type(message).__qualname__} was found"
        )
        self.message = message


class FrameTooLarge(WireError):
    """The encoded form has more bytes than the limit.

    Attributes:
        size_bytes: what it has.
        limit_bytes: what is allowed.
    """

    def __init__(self, size_bytes: int, *, limit_bytes: int) -> None:
        super().__init__(
            f"{size_bytes} bytes are more than Limits.size_bytes allows ({limit_bytes}): "
            f"send it in parts, or raise the limit on both sides"
        )
        self.size_bytes = size_bytes
        self.limit_bytes = limit_bytes


class TooDeep(WireError):
    """Arrays and maps nest deeper than the limit."""

    def __init__(self, where: str) -> None:
        super().__init__(
            f"{where} nests deeper than Limits.depth allows: flatten it, or raise the limit "
            f"on both sides"
        )
