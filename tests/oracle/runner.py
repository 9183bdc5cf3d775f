"""Answers the cases of a file through the adapters and says which fields do not agree."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.oracle import adapters as adapter_modules
from tests.oracle.cases import Case, Exceptions, Mismatch, Unsupported, compare

Adapter = Callable[[Mapping[str, Any]], Mapping[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one case: passed, failed (with the fields), or unsupported (with the reason)."""

    case: Case
    mismatches: list[Mismatch] = field(default_factory=list)
    unsupported: str = ""

    @property
    def passed(self) -> bool:
        """Every compared field agrees, and there was one."""
        return not self.unsupported and not self.mismatches


def load_adapters() -> dict[str, list[Adapter]]:
    """The adapters of every module in ``tests/oracle/adapters``, by kind of case.

    Two rooms may answer a kind of the same name with other inputs; they are asked in the order of their modules.
    """
    found: dict[str, list[Adapter]] = {}
    for module in sorted(pkgutil.iter_modules(adapter_modules.__path__), key=lambda m: m.name):
        table = importlib.import_module(f"{adapter_modules.__name__}.{module.name}").ADAPTERS
        for kind, adapter in table.items():
            found.setdefault(kind, []).append(adapter)
    return found


def answer(case: Case, adapters: Mapping[str, list[Adapter]], exceptions: Exceptions) -> Outcome:
    """The outcome of one case."""
    expected = {
        name: value for name, value in case.expected.items() if not exceptions.skips(case.kind, name, _alone(value))
    }
    if not expected:
        return Outcome(case=case, unsupported="every field of the case is on the list of procedures not shipped")
    reasons = []
    for adapter in adapters.get(case.kind, []):
        try:
            got = adapter(case.inputs)
        except Unsupported as reason:
            reasons.append(f"{type(reason).__name__}: {reason}")
        except Exception as error:  # noqa: BLE001  a case that crashes is a failed case, and the rest must still run
            crash = Mismatch(field="(raised)", expected="an answer", got=f"{type(error).__name__}: {error}")
            return Outcome(case=case, mismatches=[crash])
        else:
            return Outcome(
                case=case, mismatches=compare(expected, got, case.tolerance, exceptions.precision.get(case.kind))
            )
    return Outcome(case=case, unsupported="; ".join(reasons) or f"no adapter for the kind '{case.kind}'")


def run(cases: Iterable[Case], adapters: Mapping[str, list[Adapter]], exceptions: Exceptions) -> Iterator[Outcome]:
    """The outcome of each case, in order."""
    for case in cases:
        yield answer(case, adapters, exceptions)


def _alone(value: object) -> object:
    return value[0] if isinstance(value, list) and len(value) == 1 else value
