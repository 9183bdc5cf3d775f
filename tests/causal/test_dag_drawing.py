"""The picture: well-formed, safe, complete, the same each time, and without overlaps."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree

import pytest
from hypothesis import given, settings

from causal.dag import Dag, Status
from causal.dag_drawing import ENGLISH, draw_svg
from causal.paths import NodeRole, node_roles
from tests.causal.dag_strategies import dags, random_dag

SVG = "{http://www.w3.org/2000/svg}"


def _texts(svg: str) -> list[str]:
    return [element.text or "" for element in ElementTree.fromstring(svg).iter(f"{SVG}text")]  # noqa: S314 - our own


@given(dag=dags())
@settings(max_examples=100, deadline=None)
def test_any_diagram_becomes_well_formed_svg_without_anything_that_runs(dag: Dag) -> None:
    svg = draw_svg(dag, {})
    root = ElementTree.fromstring(svg)  # noqa: S314
    assert {element.tag.removeprefix(SVG) for element in root.iter()} <= {
        "svg", "title", "desc", "defs", "marker", "path", "rect", "g", "text", "ellipse", "polygon",
    }  # fmt: skip
    assert not any(key.startswith("on") or "href" in key for element in root.iter() for key in element.attrib)
    assert len(_texts(svg)) >= len(dag.names)
    assert svg == draw_svg(dag, {})


def test_markup_in_a_name_is_text() -> None:
    svg = draw_svg(Dag.of(nodes=['<script>alert(1)</script>"&']), {})
    assert "<script" not in svg
    assert '<script>alert(1)</script>"&' in _texts(svg)[0]


def test_long_names_are_shortened_in_the_picture_and_whole_in_its_title() -> None:
    name = "systolic blood pressure at the third visit of the second wave"
    svg = draw_svg(Dag.of(nodes=[name]), {})
    assert _texts(svg)[0].endswith("…")
    assert f"<title>{name}, other</title>" in svg


def test_each_role_has_a_colour_and_a_shape_of_its_own() -> None:
    looks = set()
    for role in NodeRole:
        svg = draw_svg(Dag.of(nodes=["a"]), {"a": role})
        group = next(ElementTree.fromstring(svg).iter(f"{SVG}g"))  # noqa: S314
        shape = next(element for element in group if element.tag != f"{SVG}title")
        outline = shape.attrib.get("points") or shape.attrib.get("rx", "")
        looks.add(shape.attrib["fill"])
        looks.add((shape.tag, outline))
    assert len(looks) == 2 * len(NodeRole)


def test_what_is_not_measured_is_dashed_and_what_is_adjusted_for_is_thick() -> None:
    dag = Dag.of([("u", "x"), ("v", "x")], latent=["u"], measurable=["v"])
    svg = draw_svg(dag, {}, adjusted=["x"])
    assert svg.count('stroke-dasharray="4 3"') == svg.count('stroke-dasharray="1 3"') == 2
    assert svg.count('stroke-width="3"') == 2


def test_the_legend_names_what_occurs_and_nothing_else() -> None:
    dag = Dag.of([("z", "x"), ("z", "y"), ("x", "y")], bidirected=[("x", "y")])
    texts = _texts(draw_svg(dag, node_roles(dag, "x", "y"), adjusted=["z"]))
    assert set(texts) == {
        "x", "y", "z", "exposure", "outcome", "common cause", "adjusted for", "unnamed common cause",
    }  # fmt: skip


def test_words_and_labels_can_be_those_of_another_language() -> None:
    words = {key: value.upper() for key, value in ENGLISH.items()} | {"arrow": "{a} vers {b}"}
    svg = draw_svg(Dag.of([("x", "y")]), {"x": NodeRole.EXPOSURE}, words=words, labels={"x": "tabac"})
    assert {"EXPOSURE", "tabac"} <= set(_texts(svg))
    assert "<desc>tabac vers y</desc>" in svg


@pytest.mark.parametrize("seed", range(12))
def test_no_two_nodes_overlap_and_all_arrows_run_to_the_right(seed: int) -> None:
    dag, _, _ = random_dag(seed, nodes=12)
    centres: dict[str, tuple[float, float]] = {}
    for group in ElementTree.fromstring(draw_svg(dag, {})).iter(f"{SVG}g"):  # noqa: S314
        text = group.find(f"{SVG}text")
        assert text is not None
        centres[str(text.text)] = (float(text.attrib["x"]), float(text.attrib["y"]))
    assert len(centres) == len(dag.names)
    for a, b in dag.edges:
        assert centres[a][0] < centres[b][0]
    points = sorted(centres.values())
    assert all(abs(p[0] - q[0]) > 40 or abs(p[1] - q[1]) > 34 for i, p in enumerate(points) for q in points[i + 1 :])


def test_an_empty_diagram_is_an_empty_picture() -> None:
    assert draw_svg(Dag(), {}).startswith("<svg ")
    assert Status.OBSERVED.value == "observed"
