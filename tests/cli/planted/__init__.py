"""A corpus of toys for the tests of ``kactors mutants``: what hunting them costs is known."""
