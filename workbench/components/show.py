"""The only file that draws: tables, charts, figures and downloads take what passed the gate, and carry the label.

An architecture test holds that pages call nothing else that could put a number on the screen.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Literal

import pandas as pd
import streamlit as st

from miner.errors import FortuitError
from reports.charts.frame import as_png, as_svg
from reports.charts.view import View
from reports.gate import Safe
from reports.translation import error_sentences, number
from workbench.state import language, translate

# Pixels: the sentence of a finding with two items, and identities, which are all of one length.
WIDTHS = {"statement": 335, "finding": 96, "adjusted_estimate": 72, "adjusted_low": 72, "adjusted_high": 72, "p_bh": 80}


def label() -> None:
    """The sentence on every page."""
    t = translate()
    st.badge(t("label"), icon=":material/lightbulb:", color="orange", help=t("label_tooltip"))


def heading(key: str, lead: str = "") -> None:
    """Title and lead of a page from the catalogue, with the label."""
    t = translate()
    st.title(t(key), anchor=False)
    label()
    if lead:
        st.markdown(t(lead))


def subheading(key: str, **values: object) -> None:
    """A heading inside a page."""
    st.subheader(translate()(key, **values), anchor=False)


def sentence(key: str, **values: object) -> None:
    """A sentence of the catalogue; values are escaped for Markdown."""
    st.markdown(translate()(key, **{name: escaped(str(value)) for name, value in values.items()}))


def note(key: str, **values: object) -> None:
    """A small line under something."""
    st.caption(translate()(key, **{name: escaped(str(value)) for name, value in values.items()}))


def line(text: str) -> None:
    """A line of Markdown whose parts were escaped."""
    st.markdown(text)


def escaped(text: str) -> str:
    """Text of people and files as Markdown that means only itself."""
    signs = {sign: f"\\{sign}" for sign in "\\`*_[]()#|$<>~:"}
    return "".join(signs.get(letter, letter) for letter in text.replace("\n", " "))


def done(key: str, **values: object) -> None:
    """Something worked."""
    st.success(translate()(key, **{n: escaped(str(v)) for n, v in values.items()}), icon=":material/check_circle:")


def warn(key: str, **values: object) -> None:
    """Something to look at."""
    st.warning(translate()(key, **{n: escaped(str(v)) for n, v in values.items()}), icon=":material/warning:")


def tell(key: str, **values: object) -> None:
    """Something to know; empty states say what to do."""
    st.info(translate()(key, **{n: escaped(str(v)) for n, v in values.items()}), icon=":material/info:")


def plain_warning(text: str) -> None:
    """A message about a file in its own words."""
    st.warning(escaped(text), icon=":material/warning:")


def error(problem: FortuitError) -> None:
    """What happened, why, and what to do; never a trace."""
    what, why, todo = (escaped(part) for part in error_sentences(problem, language()))
    st.error(f"**{what}** `{problem.code}`\n\n{why}\n\n{todo}", icon=":material/error:")


def figures(values: Sequence[tuple[str, str, str]]) -> None:
    """Figures side by side: title, value, help."""
    with st.container(horizontal=True):
        for title, value, help_text in values:
            st.metric(title, value, help=help_text or None, border=True, width="content")


def table(
    safe: Safe,
    *,
    key: str,
    titles: Mapping[str, str] | None = None,
    formats: Mapping[str, str] | None = None,
    pick: str | None = None,
    height: int | str = "auto",
) -> tuple[int, ...]:
    """A table; ``pick`` is "multi-row" or "single-row", the picked row numbers come back."""
    t = translate()
    frame = pd.DataFrame(list(safe.rows), columns=list(safe.columns))
    columns = {
        name: st.column_config.Column(label=(titles or {}).get(name) or t(f"column.{name}"), width=WIDTHS.get(name))
        for name in safe.columns
    }
    for name, form in (formats or {}).items():
        if name in columns:
            columns[name] = st.column_config.NumberColumn(
                label=(titles or {}).get(name) or t(f"column.{name}"), format=form, width=WIDTHS.get(name)
            )
    if pick is None:
        st.dataframe(frame, key=key, column_config=columns, hide_index=True, height=height, alt=t("label"))
        return ()
    chosen = st.dataframe(
        frame,
        key=key,
        column_config=columns,
        hide_index=True,
        height=height,
        on_select="rerun",
        selection_mode=pick,
        alt=t("label"),
    )
    return tuple(chosen["selection"]["rows"])


def editable(
    safe: Safe, *, key: str, titles: Mapping[str, str], choices: Mapping[str, Sequence[str]], fixed: Sequence[str]
) -> list[dict[str, Any]]:
    """A grid of descriptions that a person can change; the rows come back."""
    columns: dict[str, Any] = {}
    for name in safe.columns:
        if name in choices:
            columns[name] = st.column_config.SelectboxColumn(titles[name], options=list(choices[name]), required=True)
        else:
            columns[name] = st.column_config.Column(titles[name])
    edited = st.data_editor(
        pd.DataFrame(list(safe.rows), columns=list(safe.columns)),
        key=key,
        column_config=columns,
        hide_index=True,
        disabled=list(fixed),
        num_rows="fixed",
    )
    records: list[dict[str, Any]] = edited.to_dict(orient="records")
    return records


def chart(drawn: Any, *, alt: str, name: str, width: Literal["stretch", "content"] = "stretch") -> None:
    """A chart of findings with its pictures to keep; charts of several panels keep their own width."""
    st.altair_chart(drawn, alt=alt, width=width)
    t = translate()
    with st.popover(t("download.picture"), icon=":material/image:"):
        # Pictures are made when asked for: rendering one takes a second.
        download(lambda: as_svg(drawn), file_name=f"{name}.svg", mime="image/svg+xml", title="SVG", key=f"{name}.svg")
        download(lambda: as_png(drawn), file_name=f"{name}.png", mime="image/png", title="PNG", key=f"{name}.png")


def view(
    drawn: View,
    *,
    leaving: Callable[[], View | None],
    as_table: Callable[[View], str],
    name: str,
    taken: Callable[[str, str | bytes], object],
) -> None:
    """A view of findings: the chart, the same as a table, and its files.

    ``leaving`` gives the view as it may leave (None: nothing may), ``as_table`` its CSV text; ``taken`` is told the
    form and the content of what was taken. Files are made when they are asked for.
    """
    t = translate()
    if drawn.options is None:
        st.altair_chart(drawn.chart, alt=drawn.alt, width="stretch")
    else:
        st.echarts_chart(dict(drawn.options), height=560, alt=drawn.alt, key=f"{name}.graph")
    note("plain", text=drawn.alt)
    forms: dict[str, tuple[str, Callable[[View], str | bytes]]] = {
        "svg": ("image/svg+xml", lambda one: as_svg(one.chart)),
        "png": ("image/png", lambda one: as_png(one.chart)),
        "csv": ("text/csv", as_table),
    }
    with st.popover(t("download.picture"), icon=":material/image:"):
        outside = leaving()
        if outside is None:
            note("views.stays")
        else:
            for form, (mime, make) in forms.items():
                download(
                    partial(make, outside),
                    file_name=f"{name}.{form}",
                    mime=mime,
                    title=form.upper(),
                    key=f"{name}.{form}",
                    taken=partial(_taken, taken, form, make, outside),
                )
    with st.expander(t("views.as_table"), icon=":material/table:"):
        table(drawn.twin, key=f"{name}.twin", height=320)


def _taken(
    tell_of: Callable[[str, str | bytes], object], form: str, make: Callable[[View], str | bytes], one: View
) -> None:
    tell_of(form, make(one))


def drawing(svg: str, *, alt: str) -> None:
    """A diagram as a picture: nothing in it can run."""
    st.image(svg, caption=alt, width="stretch")


def code(text: str, form: str | None = None) -> None:
    """A plan, a command or a document as text."""
    st.code(text, language=form, wrap_lines=True)


def download(
    data: str | bytes | Callable[[], str | bytes],
    *,
    file_name: str,
    mime: str,
    title: str,
    key: str,
    taken: Callable[[], object] | None = None,
) -> None:
    """A file to keep; ``taken`` is called when it is, before a page is drawn, so that leaving at once loses nothing."""
    st.download_button(
        title,
        data,
        file_name=Path(file_name).name,
        mime=mime,
        key=key,
        icon=":material/download:",
        on_click="rerun" if taken is None else taken,
    )


def as_number(value: float | int | None, digits: int = 2) -> str:
    """A number as the person's language writes it."""
    return number(value, language(), digits)
