"""CronJob: Jobs at times that a schedule says.

Source: kubernetes pkg/controller/cronjob.
"""
