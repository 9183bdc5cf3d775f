"""Charts as Altair specifications: made from findings, never from a table of persons, with the label as subtitle."""
