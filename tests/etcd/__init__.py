"""Tests of the replicated store, held against a model that keeps every state whole."""
