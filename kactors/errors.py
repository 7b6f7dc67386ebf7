"""The root of every exception that kactors raises on purpose.

Three rules decide how a failure travels:

1. A bug in kactors is an ``assert``. It stops the run and nobody catches it.
2. A condition that one actor meets and handles itself is an exception; each
   package keeps its own in an ``errors`` module, all of them below `KactorsError`.
3. A condition that another actor must learn about is a message.

Every text says what was asked, what was found and what to do next.
"""


class KactorsError(Exception):
    """Any failure that kactors raises on purpose."""
