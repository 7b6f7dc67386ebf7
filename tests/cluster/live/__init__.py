"""Tests of clusters in real time."""
