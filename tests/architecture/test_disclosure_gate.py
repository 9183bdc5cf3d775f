"""Everything a person sees passes one gate: pages draw through `show`, and `show` draws what was made safe."""

from __future__ import annotations

import ast
import re

import pytest

from tests.architecture.source import called, modules

DRAWS = {
    "altair_chart",
    "area_chart",
    "bar_chart",
    "bokeh_chart",
    "code",
    "data_editor",
    "dataframe",
    "download_button",
    "echarts_chart",
    "exception",
    "graphviz_chart",
    "help",
    "html",
    "image",
    "json",
    "latex",
    "line_chart",
    "map",
    "markdown",
    "mermaid_chart",
    "metric",
    "pdf",
    "plotly_chart",
    "pydeck_chart",
    "pyplot",
    "scatter_chart",
    "table",
    "text",
    "vega_lite_chart",
    "write",
    "write_stream",
}
DRAWER = "workbench/components/show.py"


def drawings(tree: ast.Module) -> list[str]:
    """What a module draws by itself: drawing functions of Streamlit, called, passed on or imported by name."""
    found = [
        f"{node.lineno} st.{node.attr}"
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and node.attr in DRAWS
        and isinstance(node.value, ast.Name)
        and node.value.id in {"st", "streamlit"}
    ]
    found += [
        f"{node.lineno} from streamlit import {alias.name}"
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "streamlit"
        for alias in node.names
        if alias.name != "__version__"
    ]
    # `with column: ...` is how pages place things; a column, tab or container never draws by a method of its own.
    found += [
        f"{node.lineno} {called(node)}"
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in DRAWS - {"table", "text", "code", "help", "write", "json", "image", "html", "map"}
        and not re.fullmatch(r"(st|show)\.\w+", called(node))
    ]
    return found


def pages() -> dict[str, ast.Module]:
    return {
        path: tree
        for path, tree in modules().items()
        if path == "app.py" or (path.startswith("workbench/") and path != DRAWER)
    }


def test_only_one_file_draws() -> None:
    assert DRAWER in modules()
    assert not {path: found for path, tree in pages().items() if (found := drawings(tree))}


@pytest.mark.parametrize(
    "source",
    [
        "import streamlit as st\nst.write(1)",
        "import streamlit as st\nst.dataframe(frame)",
        "import streamlit as st\ndraw = st.metric",
        "from streamlit import table",
        "import streamlit as st\nst.columns(2)[0].metric('n', 3)",
    ],
)
def test_the_rule_sees_a_page_that_goes_round_the_gate(source: str) -> None:
    assert drawings(ast.parse(source))


def test_tables_take_only_what_passed_the_gate() -> None:
    functions = {node.name: node for node in modules()[DRAWER].body if isinstance(node, ast.FunctionDef)}
    for name in ("table", "editable"):
        first = functions[name].args.args[0]
        assert first.annotation is not None
        assert ast.unparse(first.annotation) == "Safe"


def test_only_the_gate_makes_what_is_safe() -> None:
    makers = {
        path
        for path, tree in modules().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and called(node).split(".")[-1] == "Safe"
    }
    assert makers == {"reports/gate.py"}
