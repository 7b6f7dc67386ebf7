"""Small scenarios, each of which shows a planted bug or two: few hosts, few pods, short chaos."""
