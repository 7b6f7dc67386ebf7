"""The corpus of planted bugs. A module with a tuple ``MUTANTS`` is a part of it."""
