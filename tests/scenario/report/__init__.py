"""Tests of reports: their structure, not their pixels."""
