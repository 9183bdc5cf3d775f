"""Help: the words of the workbench, the claim levels, what the gauge means."""

from __future__ import annotations

from importlib import metadata

from workbench import state
from workbench.components import show

t = state.translate()
show.heading("help.heading", "help.lead")
show.subheading("help.levels")
for level in ("held_up", "familywise", "robust", "screened", "unadjusted"):
    show.sentence(f"help.level_{level}")
show.subheading("help.words")
for word in ("universe", "family", "basket", "split", "adjusted", "unknown", "scratch", "ledger", "protocol"):
    show.sentence(f"help.word_{word}")
show.subheading("help.keys")
show.sentence("help.key_mine")
show.note("help.version", version=metadata.version("fortuit"))
