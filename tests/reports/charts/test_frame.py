"""What all charts share: the label, the palette, and pictures that come out the same each time."""

from __future__ import annotations

import altair as alt
import pandas as pd

from reports.charts.frame import LEVEL_COLOURS, LEVEL_SHAPES, LEVELS, as_png, as_svg, framed
from reports.translation import translator


def chart(language: str = "en", text: str = "a") -> alt.Chart:
    frame = pd.DataFrame([{"x": 1, "y": 2, "name": text}])
    marks = alt.Chart(frame).mark_point().encode(x="x:Q", y="y:Q", color=alt.Color("name:N", title=text))
    return framed(marks, "A title", translator(language))


def test_the_label_is_under_the_title_of_every_chart() -> None:
    assert chart().to_dict()["title"]["subtitle"] == "Hypothesis, not causation"
    assert "Hypothèse, pas une causalité" in as_svg(chart("fr"))


def test_each_level_has_a_colour_and_a_shape_of_its_own() -> None:
    assert len(LEVELS) == len(set(LEVEL_COLOURS)) == len(set(LEVEL_SHAPES))


def test_the_picture_is_the_same_each_time_and_runs_nothing() -> None:
    hostile = "<script>window.PWNED=1</script>"
    first = as_svg(chart(text=hostile))
    assert first == as_svg(chart(text=hostile))
    assert "<script" not in first
    assert "&lt;script" in first


def test_a_png_is_a_png() -> None:
    assert as_png(chart()).startswith(b"\x89PNG")
