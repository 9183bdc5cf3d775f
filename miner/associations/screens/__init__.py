"""Screens: one regression per exposure and outcome, all adjusted for the same covariates.

A screen fits each outcome once without any exposure and then asks of every exposure how much the fit would gain: the
score test, whose p is the family's p. For a linear outcome that is the exact t test (Frisch, Waugh and Lovell).
"""

from miner.associations.screens.screen import Model, Screen, mine_screen

__all__ = ["Model", "Screen", "mine_screen"]
