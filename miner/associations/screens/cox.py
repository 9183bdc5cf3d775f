"""The Cox null model of a screen and its score test: the log-rank test generalised to any exposure and covariates.

Tied times after Efron. The score of x is the sum of x times the martingale residuals; its information is the sum over
the events of the variance of x among those at risk, less what the covariates take.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from miner.associations import screen_kernels
from miner.associations.screens.score import Floats
from miner.errors import NullModelFailed

_ROUNDS = 40
_LINES = 64
"""Exposures whose means at the events are held at once."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RiskSets:
    """Persons sorted by time, last first, and their events grouped by time."""

    order: npt.NDArray[np.int64]
    event: npt.NDArray[np.bool_]
    group: npt.NDArray[np.int64]
    start: npt.NDArray[np.int64]
    share: Floats
    last: npt.NDArray[np.int64]
    first: npt.NDArray[np.int64]
    died: npt.NDArray[np.int64]

    @classmethod
    def build(cls, time: Floats, event: npt.NDArray[np.bool_]) -> RiskSets:
        """Sort by time, last first."""
        order = np.argsort(-time, kind="stable")
        arranged, died = time[order], event[order]
        group = np.cumsum(np.concatenate([[False], arranged[1:] != arranged[:-1]])).astype(np.int64)
        counts = np.bincount(group, weights=died, minlength=int(group[-1]) + 1).astype(np.int64)
        start = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        within = np.arange(int(start[-1])) - np.repeat(start[:-1], counts)
        share = within / np.repeat(np.maximum(counts, 1), counts)
        return cls(
            order=order,
            event=died,
            group=group,
            start=start,
            share=share,
            last=np.repeat(np.cumsum(np.bincount(group)), counts),
            first=np.repeat(start[:-1], counts),
            died=np.flatnonzero(died),
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CoxModel:
    """A fitted Cox model of the covariates: what the score test of any further column needs.

    ``projected`` holds the martingale residuals and, below them, the covariates times their hazard made orthonormal
    under their information; ``projected_means`` the same combinations of their means at the events.
    """

    sets: RiskSets
    risk: Floats
    inverse: Floats
    hazard: Floats
    projected: Floats
    projected_means: Floats

    @classmethod
    def fit(cls, time: Floats, event: npt.NDArray[np.bool_], covariates: Floats) -> CoxModel:
        """Newton's method on the partial likelihood; ``covariates`` (n, k) without a constant.

        Raises
        ------
        NullModelFailed
            Nobody has the event, or the covariates determine the order of the events.
        """
        if not event.any():
            raise NullModelFailed(model="cox", reason="nobody has the event")
        sets = RiskSets.build(time, event)
        columns = np.ascontiguousarray(covariates.T)
        columns = columns - columns.mean(axis=1, keepdims=True)
        spread = columns.std(axis=1)
        columns = columns / np.where(spread > 0, spread, 1.0)[:, None]
        coefficients = np.zeros(len(columns))
        model, value = cls._at(sets, columns, coefficients)
        for _ in range(_ROUNDS):
            u, v = model._moments(*model._means(columns))
            step = np.linalg.lstsq(v, u, rcond=1e-10)[0] if len(u) else np.zeros(0)
            if not len(u) or np.abs(step).max() < 1e-10 * (1 + np.abs(coefficients).max()):
                break
            factor = 1.0
            while True:
                trial, gained = cls._at(sets, columns, coefficients + factor * step)
                if gained >= value - 1e-9 * abs(value) or factor < 1e-6:
                    break
                factor /= 2
            coefficients, model, value = coefficients + factor * step, trial, gained
            if np.abs(coefficients).max() > 100:
                raise NullModelFailed(model="cox", reason="the covariates determine the order of the events")
        else:
            raise NullModelFailed(model="cox", reason="the fit did not settle")
        lines, means = model._means(columns)
        values, vectors = np.linalg.eigh(model._moments(lines, means)[1])
        keep = values > 1e-10 * values.max(initial=0.0)
        root = vectors[:, keep] / np.sqrt(values[keep])
        residual = sets.event - model.hazard
        return replace(
            model,
            projected=np.vstack([residual, root.T @ (lines * model.hazard)]),
            projected_means=np.ascontiguousarray(root.T @ means),
        )

    @classmethod
    def _at(cls, sets: RiskSets, columns: Floats, coefficients: Floats) -> tuple[CoxModel, float]:
        """The model with these coefficients and its log partial likelihood."""
        eta = (coefficients @ columns)[sets.order]
        eta = eta - eta.max()
        risk = np.exp(eta)
        inverse, hazard = np.empty(len(sets.share)), np.empty(len(risk))
        screen_kernels.cox_baseline(risk, sets.group, sets.event, sets.start, sets.share, inverse, hazard)
        none = np.zeros((0, 0))
        model = cls(sets=sets, risk=risk, inverse=inverse, hazard=hazard, projected=none, projected_means=none)
        return model, float(eta[sets.event].sum() + np.log(inverse).sum())

    @property
    def rank(self) -> int:
        """Covariates that are not aliased."""
        return len(self.projected_means)

    @property
    def residual(self) -> Floats:
        """Martingale residuals, in the order of the risk sets."""
        return self.projected[0]

    @property
    def n_events(self) -> int:
        """Events in all."""
        return len(self.sets.share)

    def scores(self, exposures: Floats) -> tuple[Floats, Floats, Floats]:
        """(U, V, sum of hazard times x squared) of each exposure of (b, n)."""
        d = len(self.projected)
        u, v, whole = (np.empty(len(exposures)) for _ in range(3))
        none = np.zeros(0)
        for first in range(0, len(exposures), _LINES):
            lines, means = self._means(exposures[first : first + _LINES])
            products, squares = np.empty((len(lines), d)), np.empty(len(lines))
            screen_kernels.line_products(lines, self.projected, self.hazard, products, squares)
            given, spread = np.empty((len(lines), d - 1)), np.empty(len(lines))
            screen_kernels.line_products(means, self.projected_means, none, given, spread)
            part = slice(first, first + len(lines))
            u[part], whole[part] = products[:, 0], squares
            v[part] = squares - spread - ((products[:, 1:] - given) ** 2).sum(axis=1)
        return u, v, whole

    def joint(self, columns: Floats) -> tuple[Floats, Floats]:
        """U (c,) and V (c, c) of a few columns (c, n) together."""
        lines, means = self._means(columns)
        u, v = self._moments(lines, means)
        across = lines @ self.projected[1:].T - means @ self.projected_means.T
        return u, v - across @ across.T

    def _moments(self, lines: Floats, means: Floats) -> tuple[Floats, Floats]:
        return lines @ (self.sets.event - self.hazard), (lines * self.hazard) @ lines.T - means @ means.T

    def _means(self, columns: Floats) -> tuple[Floats, Floats]:
        """The columns in the order of the risk sets, and their means at the events."""
        sets = self.sets
        lines, means = np.empty((len(columns), len(self.risk))), np.empty((len(columns), len(self.inverse)))
        screen_kernels.cox_means(
            columns, sets.order, self.risk, sets.last, sets.first, sets.died, sets.share, self.inverse, lines, means
        )
        return lines, means
