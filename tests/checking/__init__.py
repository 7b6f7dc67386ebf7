"""Tests of the checkers: each must object when it should, and only then."""
