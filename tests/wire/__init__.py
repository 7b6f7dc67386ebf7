"""Tests of `kactors.wire`."""
