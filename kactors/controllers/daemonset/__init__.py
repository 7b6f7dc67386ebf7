"""DaemonSet: one pod on each node that is fit for it.

Source: kubernetes pkg/controller/daemon.
"""
