"""The scheduling queue: which pod next, and when again.

Time comes in as an argument: nothing here knows a clock.
"""
