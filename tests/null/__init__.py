"""Monte Carlo verification: data without associations, and how often the product claims one all the same.

``python -m tests.null`` runs every row in full, prints the table and writes ``docs/validity.md``; the same rows run
with fewer repetitions among the tests. Every row has a control of the harness: a procedure known to be wrong, which
must be caught, else the simulator is blind and the row proves nothing.
"""
