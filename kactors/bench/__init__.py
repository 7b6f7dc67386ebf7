"""Benchmarks of the scheduler, in the form of upstream's scheduler_perf."""
