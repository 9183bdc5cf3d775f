"""The primary analysis of a frozen protocol, from the protocol and a table alone; needs Python and numpy, nothing else.

    python analysis.py TABLE.csv [PROTOCOL.json]

Prints one JSON object. Without a second file the protocol is the one written into this script. It imports nothing of
the program that wrote it and was checked to give the same numbers to 1e-8.
"""

from __future__ import annotations

import csv
import datetime
import hashlib
import json
import math
import re
import statistics
import sys
import unicodedata
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

# Replaced by the frozen protocol when the script is written.
PROTOCOL: dict[str, Any] | None = None


def content_hash(document: dict[str, Any]) -> str:
    """SHA-256 of the canonical JSON without the hash itself."""

    def nfc(value: Any) -> Any:
        if isinstance(value, str):
            return unicodedata.normalize("NFC", value)
        if isinstance(value, dict):
            return {nfc(key): nfc(item) for key, item in value.items()}
        return [nfc(item) for item in value] if isinstance(value, list) else value

    rest = {key: value for key, value in document.items() if key != "content_hash"}
    text = json.dumps(nfc(rest), ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def read_columns(path: str, names: list[str]) -> dict[str, list[str]]:
    """The columns named, as stripped text; the separator is the one that occurs most in the header."""
    raw = Path(path).read_bytes()
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("cp1252")
    header = text.split("\n", 1)[0]
    separator = max(",;\t|", key=header.count)
    rows = list(csv.reader(text.splitlines(), delimiter=separator))
    place = {name.strip(): i for i, name in enumerate(rows[0])}
    missing = [name for name in names if name not in place]
    if missing:
        sys.exit(f"the table lacks the columns {', '.join(missing)}")
    body = [row for row in rows[1:] if row]
    return {name: [row[place[name]].strip() if place[name] < len(row) else "" for row in body] for name in names}


def typed(text: list[str], coding: dict[str, Any]) -> Floats:
    """Numbers, or positions of the level codes; NaN for unknown."""
    gone = {"", *coding["missing_codes"]}
    kind = coding["kind"]
    if kind in {"binary", "ordinal", "nominal"}:
        place = {str(code): i for i, (code, _) in enumerate(coding["levels"])}
        return np.array([math.nan if v in gone else place.get(v, math.nan) for v in text], dtype=np.float64)
    values = np.array([math.nan if v in gone else number(v) for v in text], dtype=np.float64)
    if kind == "count":
        values = np.where((values < 0) | (values % 1 != 0), math.nan, values)
    return values


def number(text: str) -> float:
    """A number with a decimal point or comma, or a date as days since 1970; NaN where it is neither."""
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
        return float((datetime.date.fromisoformat(text) - datetime.date(1970, 1, 1)).days)
    try:
        value = float(text)
    except ValueError:
        try:
            value = float(text.replace(",", "."))
        except ValueError:
            return math.nan
    return value if math.isfinite(value) else math.nan


def holds(condition: dict[str, Any], columns: dict[str, Floats], variables: dict[str, Any]) -> Floats:
    """1 where the condition holds, 0 where not, NaN where unknown."""
    name, operator, wanted = condition["variable"], condition["operator"], condition["values"]
    values, coding = columns[name], variables[name]
    if coding["kind"] in {"binary", "ordinal", "nominal"}:
        if operator:
            named = [
                i
                for i, (code, label) in enumerate(coding["levels"])
                if {code, label, f"{label} ({code})"} & set(wanted)
            ]
            held = values >= named[0] if operator == ">=" else np.isin(values, named)
            held = ~held if operator == "!=" else held
        else:
            held = values == 1
    elif operator in {"[)", "[]", "()", "(]"}:
        low, high = (number_or_infinite(v) for v in wanted)
        held = (values >= low if operator[0] == "[" else values > low) & (
            values <= high if operator[1] == "]" else values < high
        )
    else:
        bounds = [number_or_infinite(v) for v in wanted]
        compare = {"=": np.equal, "!=": np.not_equal, ">=": np.greater_equal, "<=": np.less_equal, ">": np.greater}
        if operator == "in":
            held = np.isin(values, bounds)
        else:
            held = compare.get(operator, np.less)(values, bounds[0])
    return np.where(np.isnan(values), math.nan, held.astype(np.float64))


def number_or_infinite(text: str) -> float:
    """A bound, which may be infinite."""
    return float(text) if "inf" in text else number(text)


def exposure_of(spec: dict[str, Any], columns: dict[str, Floats]) -> Floats:
    """1 exposed, 0 comparator, NaN neither; a rescaled number for a contrast of two values."""
    variables = spec["variables"]
    if spec["levels"]:
        high, low = spec["levels"]
        return np.asarray((columns[spec["exposure"][0]["variable"]] - low) / (high - low), dtype=np.float64)
    held = np.column_stack([holds(c, columns, variables) for c in spec["exposure"]])
    known = ~np.isnan(held).any(axis=1)
    exposed = known & (held == 1).all(axis=1)
    rule = spec["comparator"]
    if rule == "NONE_OF":
        compared = known & (held == 0).all(axis=1)
    elif isinstance(rule, list):
        other = np.column_stack([holds(c, columns, variables) for c in rule])
        compared = (other == 1).all(axis=1) & ~exposed
    else:
        compared = known & ~exposed
    return np.where(exposed, 1.0, np.where(compared, 0.0, math.nan))


def covariate_columns(
    spec: dict[str, Any], columns: dict[str, Floats], used: npt.NDArray[np.bool_]
) -> tuple[Floats, dict[str, list[int]], dict[str, int]]:
    """Indicators (first level present is the reference), numbers and squares; constant columns are left out."""
    made: list[Floats] = []
    groups: dict[str, list[int]] = {}
    plain: dict[str, int] = {}
    for name in dict.fromkeys(spec["covariates"]):
        values, own = columns[name][used], []
        if spec["variables"][name]["kind"] in {"binary", "ordinal", "nominal"}:
            candidates = [(values == level).astype(np.float64) for level in np.unique(values)[1:]]
        else:
            candidates = [values, values**2] if name in spec["squares"] else [values]
        for k, column in enumerate(candidates):
            if len(column) and np.ptp(column) == 0:
                continue
            if k == 0 and spec["variables"][name]["kind"] not in {"binary", "ordinal", "nominal"}:
                plain[name] = len(made)
            own.append(len(made))
            made.append(column)
        groups[name] = own
    matrix = np.column_stack(made) if made else np.empty((int(used.sum()), 0))
    return matrix, groups, plain


def least_squares(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Coefficients and (X'X)^-1."""
    q, r = np.linalg.qr(x)
    back = np.linalg.inv(r)
    return np.asarray(back @ (q.T @ y), dtype=np.float64), np.asarray(back @ back.T, dtype=np.float64)


def logistic(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Coefficients and inverse information of an unpenalised logistic regression."""
    b = np.zeros(x.shape[1])
    b[0] = math.log(y.mean() / (1 - y.mean()))
    for _ in range(100):
        p = 1 / (1 + np.exp(-(x @ b)))
        information = x.T @ (x * (p * (1 - p))[:, None])
        step = np.linalg.solve(information, x.T @ (y - p))
        # Steps are shortened to a change of two in the linear predictor, so that the search cannot run away.
        b = b + step * min(1.0, 2.0 / max(float(np.abs(x @ step).max()), 1e-300))
        if float(np.abs(x @ step).max()) < 1e-10:
            break
    else:
        sys.exit("the covariates separate the groups: no finite coefficient exists")
    p = 1 / (1 + np.exp(-(x @ b)))
    return b, np.asarray(np.linalg.inv(x.T @ (x * (p * (1 - p))[:, None])), dtype=np.float64)


def analyse(spec: dict[str, Any], columns: dict[str, Floats]) -> dict[str, Any]:
    """The primary estimate with its interval."""
    variables = spec["variables"]
    t = exposure_of(spec, columns)
    outcome = spec["outcome"]
    two_levels = len(variables[outcome["variable"]]["levels"]) == 2
    by_condition = bool(outcome["operator"]) or two_levels
    y = holds(outcome, columns, variables) if by_condition else columns[outcome["variable"]]
    used = ~np.isnan(t) & ~np.isnan(y)
    for condition in spec["eligibility"]:
        used &= holds(condition, columns, variables) == 1
    for name in spec["covariates"]:
        used &= ~np.isnan(columns[name])
    t, y = t[used], y[used]
    z, groups, plain = covariate_columns(spec, columns, used)
    products = [k for name in spec["products"] for k in ([plain[name]] if name in plain else groups[name])]
    n = len(y)
    ones = np.ones(n)
    binary = bool(np.isin(y, (0.0, 1.0)).all())

    def design(exposure: Floats) -> Floats:
        parts = [ones[:, None], exposure[:, None], z, *(exposure[:, None] * z[:, [k]] for k in products)]
        return np.column_stack(parts)

    def predicted(level: float, b: Floats) -> Floats:
        eta = design(np.full(n, level)) @ b
        return np.asarray(1 / (1 + np.exp(-eta)) if binary else eta, dtype=np.float64)

    target = {"ATT": t, "ATU": 1 - t}.get(spec["estimand"], ones)
    x = design(t)
    method = spec["method"]
    if method == "regression":
        x = np.column_stack([ones, t, z])
        b, bread = least_squares(x, y)
        scores = x * (y - x @ b)[:, None]
        se = math.sqrt(float((bread @ (scores.T @ scores) @ bread)[1, 1]))
        return summary(spec, float(b[1]), se, n, t, None)
    means, influence = np.empty(2), np.empty((n, 2))
    if method in {"standardisation", "aipw"}:
        b, bread = logistic(x, y) if binary else least_squares(x, y)
        fitted = 1 / (1 + np.exp(-(x @ b))) if binary else x @ b
    if method in {"ipw", "aipw"}:
        w = np.column_stack([ones, z])
        a, _ = logistic(w, t)
        ps = 1 / (1 + np.exp(-(w @ a)))
    for k, level in enumerate((0.0, 1.0)):
        arm = t == level
        if method == "standardisation":
            p = predicted(level, b)
            means[k] = np.average(p, weights=target)
            slope = p * (1 - p) if binary else ones
            gradient = ((target * slope)[:, None] * design(np.full(n, level))).sum(axis=0) / target.sum()
            influence[:, k] = target / target.mean() * (p - means[k])
            influence[:, k] += n * ((x * (y - fitted)[:, None]) @ (bread @ gradient))
        elif method == "ipw":
            inverse = {
                "ATT": t + (1 - t) * ps / (1 - ps),
                "ATU": t * (1 - ps) / ps + (1 - t),
                "ATO": t * (1 - ps) + (1 - t) * ps,
            }.get(spec["estimand"], t / ps + (1 - t) / (1 - ps))
            own = np.where(arm, inverse, 0.0)
            means[k] = (own * y).sum() / own.sum()
            influence[:, k] = n * own * (y - means[k]) / own.sum()
        else:
            p = predicted(level, b)
            share = {"ATT": ps, "ATU": 1 - ps}.get(spec["estimand"], ones)
            weight = share / (ps if level else 1 - ps)
            score = target * p + np.where(arm, weight * (y - p), 0.0)
            means[k] = score.sum() / target.sum()
            influence[:, k] = (score - target * means[k]) / target.mean()
    covariance = influence.T @ influence / n**2
    m0, m1 = float(means[0]), float(means[1])
    if spec["measure"] == "risk_ratio":
        value, gradient = math.log(m1 / m0), np.array([-1 / m0, 1 / m1])
    elif spec["measure"] == "odds_ratio":
        value = math.log(m1 / (1 - m1) * (1 - m0) / m0)
        gradient = np.array([-1 / (m0 * (1 - m0)), 1 / (m1 * (1 - m1))])
    else:
        value, gradient = m1 - m0, np.array([-1.0, 1.0])
    se = math.sqrt(float(gradient @ covariance @ gradient))
    return summary(spec, value, se, n, t, (m1, m0))


def summary(
    spec: dict[str, Any], value: float, se: float, n: int, t: Floats, means: tuple[float, float] | None
) -> dict[str, Any]:
    """Estimate and interval on the scale of the protocol."""
    z = statistics.NormalDist().inv_cdf(0.5 + spec["confidence"] / 2)
    ends = [value, value - z * se, value + z * se]
    if spec["measure"].endswith("ratio"):
        ends = [math.exp(v) for v in ends]
    return {
        "label": "Hypothesis, not causation",
        "method": spec["method"],
        "estimand": spec["estimand"],
        "measure": spec["measure"],
        "value": ends[0],
        "ci_low": ends[1],
        "ci_high": ends[2],
        "se": se,
        "n": n,
        "n_exposed": int((t == 1).sum()),
        "n_unexposed": int((t == 0).sum()),
        "mean_exposed": None if means is None else means[0],
        "mean_unexposed": None if means is None else means[1],
    }


def main(arguments: list[str]) -> int:
    """Run on the table named; exit 2 where protocol or table cannot be used."""
    if len(arguments) not in {1, 2}:
        sys.stderr.write((__doc__ or "") + "\n")
        return 2
    document = PROTOCOL if len(arguments) == 1 else json.loads(Path(arguments[1]).read_text(encoding="utf-8"))
    if document is None or document.get("status") != "frozen":
        sys.stderr.write("a frozen protocol is needed\n")
        return 2
    if content_hash(document) != document["content_hash"]:
        sys.stderr.write("the protocol does not match its content hash\n")
        return 2
    spec = document["analysis_plan"]["primary"]["specification"]
    raw = read_columns(arguments[0], list(spec["variables"]))
    columns = {name: typed(text, spec["variables"][name]) for name, text in raw.items()}
    found = analyse(spec, columns)
    found["protocol_hash"] = document["content_hash"]
    sys.stdout.write(json.dumps(found, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
