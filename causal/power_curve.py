"""Power against the number of persons, from a protocol: of the interval alone, and of the joint success rule.

The error of the present data is scaled by the number of persons, with the protocol's inflation; never the power of the
observed effect (that would be post hoc).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy.special import ndtr, ndtri

from causal.estimation import Scale
from causal.power import joint_rule_power
from causal.protocol import Protocol


def power_curve(protocol: Protocol, *, points: int = 40) -> tuple[dict[str, Any], ...]:
    """Rows ``{"n", "curve", "power"}``; empty where nothing was planned.

    The curves: ``smallest``, the interval leaves the null out where the true value is the smallest of interest;
    ``shrunken``, the same for the shrunken effect; ``joint``, the protocol's success rule for the shrunken effect.
    """
    planning, size = protocol["planning_effect"], protocol["sample_size"]
    main = next((e for e in protocol["design_stage.estimates"] if e["scale"] == protocol["success.scale"]), None)
    if planning is None or main is None or not size.get("inputs") or not main["se"]:
        return ()
    alpha = float(size["alpha"])
    factor = math.prod(float(row["factor"]) for row in size["inflation"])
    now = float(main["n"])
    last = 2.0 * max(size["n_headline"] or 0.0, now)
    z = float(ndtri(1.0 - alpha / 2.0))
    smallest, shrunken = planning["smallest_of_interest"], planning["shrunken"] if planning["supported"] else None
    rows: list[dict[str, Any]] = []
    for n in np.unique(np.round(np.geomspace(min(50.0, last / 4), last, points))):
        se = float(main["se"]) * math.sqrt(now * factor / n)
        for name, value in (("smallest", smallest), ("shrunken", shrunken)):
            if value is not None:
                rows.append({"n": int(n), "curve": name, "power": float(ndtr(abs(value) / se - z))})
        if shrunken is not None and smallest is not None and shrunken * smallest > 0:
            joint = joint_rule_power(effect=shrunken, se=se, smallest_of_interest=smallest, alpha=alpha)
            rows.append({"n": int(n), "curve": "joint", "power": joint})
    return tuple(rows)


def null_of(protocol: Protocol) -> float:
    """The value of no difference on the protocol's scale."""
    return Scale(protocol["success.scale"]).null
