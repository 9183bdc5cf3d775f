"""From a file to a Dataset: reading, dictionary, typing, split, Table 1."""
