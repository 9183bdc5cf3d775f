from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm

from miner.associations.screens.families import linear_model
from miner.associations.screens.results import linear_inference, linear_ln_p
from miner.associations.screens.score import score_tests


def test_ln_p_of_a_linear_screen_stays_finite_and_right_where_p_underflows():
    rng = np.random.Generator(np.random.Philox(1))
    x = rng.normal(size=4000)
    y = 3 * x + rng.normal(size=4000)
    model = linear_model(y, np.ones((4000, 1)))
    u, v, _ = score_tests(model, x[None, :])
    ln_p = linear_ln_p(model, y, u, v)[0]
    t, coefficient, error, df = linear_inference(model, y, u, v)
    fit = sm.OLS(y, sm.add_constant(x)).fit()
    assert (t[0], coefficient[0], error[0], df) == pytest.approx((fit.tvalues[1], fit.params[1], fit.bse[1], 3998))
    from miner.statistics.log_probability import ln_t_two_sided

    assert ln_p < -1000
    assert ln_p == pytest.approx(float(ln_t_two_sided(t[0], df)), rel=1e-9)
