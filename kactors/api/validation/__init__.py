"""What makes an object wrong: one module for each part that kinds share.

Functions take the object or part and its path, and return the faults found, in upstream's words.
"""
