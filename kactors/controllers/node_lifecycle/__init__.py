"""Node lifecycle: nodes that fall silent are told so, tainted, and their pods sent elsewhere.

Source: kubernetes pkg/controller/nodelifecycle.
"""
