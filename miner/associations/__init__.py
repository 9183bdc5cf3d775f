"""Associations: pairs of mixed kinds, adjusted screens, drug-event signals, and how stable what was found is."""
