"""Tests, effects and intervals as pure functions of counts and arrays; p-values are natural logarithms (``ln_p``)."""
