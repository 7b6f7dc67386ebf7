"""The command line: what it says and how; the work is done below."""
