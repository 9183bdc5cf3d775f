"""From many p-values to what may be claimed: corrections, post-hoc bounds, families, online sequences, confirmation.

>>> import numpy as np
>>> from miner.multiplicity import adjust
>>> np.exp(adjust(np.log([0.01, 0.02, 0.30]), "bh").ln_adjusted).round(4).tolist()
[0.03, 0.03, 0.3]
"""

from __future__ import annotations

from miner.multiplicity.claims import FAMILYWISE_LEVEL, FDR_LEVEL, ClaimLevel, Claims, claim_levels
from miner.multiplicity.corrections import Adjusted, Correction, Dependence, Guarantee, NaRule, adjust, rejected
from miner.multiplicity.selection import AllResolutions

__all__ = [
    "FAMILYWISE_LEVEL",
    "FDR_LEVEL",
    "Adjusted",
    "AllResolutions",
    "ClaimLevel",
    "Claims",
    "Correction",
    "Dependence",
    "Guarantee",
    "NaRule",
    "adjust",
    "claim_levels",
    "rejected",
]
