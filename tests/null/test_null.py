"""The quick half of the Monte Carlo table: every row, every control, with exact binomial bounds."""

from __future__ import annotations

import pytest

from tests.null.measure import Effort, Row
from tests.null.table import ROWS, lines, markdown, run


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_the_product_keeps_its_promise_and_the_simulator_catches_who_does_not(row: Row) -> None:
    (measured,) = run([row], Effort(share=row.quick_share, exact=True))

    assert [line for line in lines(measured) if "FAIL" in line] == []
    assert any(figure.control for figure in measured.figures)


def test_the_document_names_what_lies_outside_its_bounds() -> None:
    effort = Effort()
    row = Row(
        name="a row",
        claim="never wrong",
        measure=lambda e: [e.rate("rate", 0.5, 0.05, 100), e.above("wrong", 0.9, 0.5, 100)],
        quick_share=1.0,
    )

    document = markdown(run([row], effort))

    assert "Outside their bounds: rate." in document
    assert "| rate | 0.5000 **outside** | at most 0.1154 | 100 |" in document
    assert "| **control**: wrong | 0.9000 | at least 0.5 | 100 |" in document
