"""Garbage collector: what nobody owns any more goes, and owners wait for what they own, or let go.

Source: kubernetes pkg/controller/garbagecollector.
"""
