"""Benchmarks: every number stands beside a baseline measured in the same run.

Each module runs as ``python -m benchmarks.NAME [--quick] [--json]``; what they share is in
`benchmarks.report`, what they measured is in ``docs/benchmarks.md``.
"""
