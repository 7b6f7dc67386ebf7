"""What is filled in where a client said nothing: the parts that several kinds share.

Functions fill in the part that they are given.
"""
