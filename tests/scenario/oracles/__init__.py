"""Tests of the oracles: each sees a promise kept, and one broken."""
