"""Random diagrams for the tests of the causal room: Hypothesis strategies and a seeded generator."""

from __future__ import annotations

import string

import numpy as np
from hypothesis import strategies as st

from causal.dag import Dag, Node, Status


def _visible(text: str) -> bool:
    return bool(text.strip()) and text == text.strip()


plain_names = st.text(string.ascii_letters + string.digits + "_.", min_size=1, max_size=6)
nasty_names = st.text(
    st.one_of(
        st.sampled_from("\"'\\<>&;,#%{}[]()|`-=:@ ~$"),
        st.characters(exclude_categories=("Cc", "Cf", "Cs", "Zl", "Zp")),
    ),
    min_size=1,
    max_size=8,
).filter(_visible)
telling_names = st.sampled_from(
    [
        "end",
        "graph",
        "node",
        "click x",
        "subgraph",
        "dag",
        "a -> b",
        "a <-> b",
        "#35;",
        "&#35;",
        "&quot;",
        "%% position",
        "]",
        "é",
        "n0",
    ]
)
positions = st.one_of(st.none(), st.tuples(*[st.floats(-1e6, 1e6, allow_nan=False)] * 2))


any_names = st.one_of(plain_names, nasty_names, telling_names)


@st.composite
def dags(draw: st.DrawFn, names: st.SearchStrategy[str] = any_names) -> Dag:
    """Any diagram: nasty names, every status, marks, positions, latent common causes."""
    chosen = draw(st.lists(names, min_size=1, max_size=7, unique=True))
    order = draw(st.permutations(chosen))
    pairs = [(a, b) for i, a in enumerate(order) for b in order[i + 1 :]]
    subset = st.lists(st.sampled_from(chosen), max_size=3)
    return Dag(
        nodes=tuple(
            Node(
                name=name,
                status=draw(st.sampled_from(Status)),
                selection=draw(st.booleans()),
                position=draw(positions),
            )
            for name in chosen
        ),
        edges=tuple(draw(st.lists(st.sampled_from(pairs), max_size=12))) if pairs else (),
        bidirected=tuple(draw(st.lists(st.sampled_from(pairs), max_size=3))) if pairs else (),
        exposures=tuple(draw(subset)),
        outcomes=tuple(draw(subset)),
        adjusted=tuple(draw(subset)),
    )


def random_dag(seed: int, *, nodes: int = 7, density: float = 0.35, latent: float = 0.2) -> tuple[Dag, str, str]:
    """A diagram with an exposure that acts on an outcome, both observed; the same for the same seed."""
    generator = np.random.default_rng(seed)
    names = [f"V{i}" for i in range(nodes)]
    while True:
        edges = [(a, b) for i, a in enumerate(names) for b in names[i + 1 :] if generator.random() < density]
        hidden = [name for name in names if generator.random() < latent]
        dag = Dag.of(edges, nodes=names, latent=hidden)
        asked = [(x, y) for x in dag.observed for y in sorted(dag.descendants([x])) if y != x and y in dag.observed]
        if asked:
            x, y = asked[int(generator.integers(len(asked)))]
            return dag, x, y
