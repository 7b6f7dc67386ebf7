"""Job: so many pods that end well, each counted once.

Source: kubernetes pkg/controller/job.
"""
