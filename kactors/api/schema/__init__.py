"""The structure of objects: which fields there are, of which types, and how lists are merged.

The facts are upstream's, in ``structure.json`` (see ``NOTICE`` beside it).
"""

from kactors.api.schema.conform import Conformed as Conformed
from kactors.api.schema.conform import conform as conform
from kactors.api.schema.types import Definition as Definition
from kactors.api.schema.types import Field as Field
from kactors.api.schema.types import definition as definition
