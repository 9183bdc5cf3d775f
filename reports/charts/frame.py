"""What all charts share: palette, label in the subtitle, and the way to SVG and PNG without a browser."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reports.translation import Translate

if TYPE_CHECKING:
    import altair as alt

# Okabe and Ito's palette, told apart with any colour vision; shapes double every colour.
COLOURS = {"strong": "#D55E00", "middle": "#0072B2", "light": "#56B4E9", "none": "#8C8C8C", "line": "#16302F"}
LEVELS = ("held up", "familywise", "robust", "screened", "unadjusted")
LEVEL_COLOURS = ("#009E73", COLOURS["strong"], COLOURS["middle"], COLOURS["light"], COLOURS["none"])
LEVEL_SHAPES = ("diamond", "triangle-up", "square", "circle", "cross")


def framed(chart: Any, title: str, t: Translate, *, width: int = 640, height: int | None = 360) -> Any:
    """The chart with its sentence as title and the label as subtitle; panels that are sized already have no height."""
    import altair as alt

    size = {} if height is None else {"width": width, "height": height}
    return (
        chart.properties(
            title=alt.TitleParams(title, subtitle=t("label"), anchor="start", subtitleColor=COLOURS["strong"]), **size
        )
        .configure_axis(grid=True, gridOpacity=0.25, labelFontSize=12, titleFontSize=12, titleFontWeight="normal")
        .configure_legend(labelFontSize=12, titleFontSize=12, orient="bottom", symbolSize=90)
        .configure_title(fontSize=15, subtitleFontSize=12)
        .configure_view(stroke=None)
    )


def as_svg(chart: alt.Chart) -> str:
    """The chart as a self-contained SVG, byte for byte the same for the same chart."""
    import vl_convert

    return str(vl_convert.vegalite_to_svg(chart.to_json()))


def as_png(chart: alt.Chart, scale: float = 2.0) -> bytes:
    """The chart as a PNG picture."""
    import vl_convert

    return bytes(vl_convert.vegalite_to_png(chart.to_json(), scale=scale))
