"""Estimators: from the complete cases of one comparison to a contrast with its interval, by more than one road."""

from causal.estimation.effects import Estimand, Estimate, Means, Method, Scale
from causal.estimation.models import Family
from causal.estimation.regression import Link, crude, regression
from causal.estimation.standardisation import standardisation, standardised_means
from causal.estimation.weighting import Variance, Weights, inverse_weights, ipw, weighted_means

__all__ = [
    "Estimand",
    "Estimate",
    "Family",
    "Link",
    "Means",
    "Method",
    "Scale",
    "Variance",
    "Weights",
    "crude",
    "inverse_weights",
    "ipw",
    "regression",
    "standardisation",
    "standardised_means",
    "weighted_means",
]
