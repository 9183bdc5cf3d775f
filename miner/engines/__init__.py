"""Counting at speed: how many persons have all items of a set, in each stratum and outcome group."""
