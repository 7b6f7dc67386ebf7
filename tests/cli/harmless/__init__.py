"""A corpus of one bug that is none, for the tests of ``kactors corpus``."""
