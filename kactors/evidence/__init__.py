"""What a run leaves behind: a digest, a trace, and the comparison of two runs.

The lowest layer. Nothing here knows about worlds, hosts or messages beyond their names.
"""
