"""Objects as rows of a table: the columns that kubectl shows people.

Pure: what depends on the present moment is given it. Begin with `tables`.
"""
