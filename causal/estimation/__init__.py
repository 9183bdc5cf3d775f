"""Estimators: from the complete cases of one comparison to a contrast with its interval, by more than one road."""

from causal.estimation.doubly_robust import aipw, augmented_means
from causal.estimation.effects import Estimand, Estimate, Means, Method, Scale
from causal.estimation.front_door import front_door
from causal.estimation.imputation import imputed, pooled
from causal.estimation.instruments import Instrumented, two_stage
from causal.estimation.matching import matching
from causal.estimation.models import Family
from causal.estimation.regression import Link, crude, regression
from causal.estimation.standardisation import standardisation, standardised_means
from causal.estimation.survival import hazard_ratio, restricted_mean_difference, survival_curve
from causal.estimation.weighting import Variance, Weights, inverse_weights, ipw, weighted_means

__all__ = [
    "Estimand",
    "Estimate",
    "Family",
    "Instrumented",
    "Link",
    "Means",
    "Method",
    "Scale",
    "Variance",
    "Weights",
    "aipw",
    "augmented_means",
    "crude",
    "front_door",
    "hazard_ratio",
    "imputed",
    "inverse_weights",
    "ipw",
    "matching",
    "pooled",
    "regression",
    "restricted_mean_difference",
    "standardisation",
    "standardised_means",
    "survival_curve",
    "two_stage",
    "weighted_means",
]
