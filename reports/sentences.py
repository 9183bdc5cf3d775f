"""Findings in words, without a word that claims; and, for the study pages, verdicts and reasons in words.

A finding's sentence gives absolute numbers beside the ratio, the adjusted value with its family, and says how it was
found. It is written from a row that has passed the disclosure rules: what is masked there stays masked here.

>>> row = {"mode": "rule", "n": 200, "counts": [30, 70, 15, 85], "effect": "risk_ratio", "estimate": 2.0,
...        "low": 1.15, "high": 3.5, "status": "ok"}
>>> said = finding_sentence(row, "smoker", "COPD", "en", m=480, ln_adjusted=-7.8, method="BH", family="R-1")
>>> said[:73]
'Among 200 persons, "COPD" was recorded in 30.0 % of those with "smoker" ('
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from causal.adjustment import Reason
from causal.identification import Assumption, Identification, Verdict
from reports.translation import catalogue, number

_FINDING: Mapping[str, Mapping[str, str]] = {
    "en": {
        "quoted": '"{text}"',
        "risks": "Among {n} persons, {y} was recorded in {risk1} of those with {x} ({a} of {n1}) and in {risk0} of the "
        "others ({c} of {n0})",
        "masked": "Among the persons with known values, {y} was compared between those with {x} and the others; the "
        "counts are too small to be shown",
        "pair": "Among {n} persons, {x} and {y} were held side by side",
        "not_computed": "{x} and {y} were not compared: {reason}.",
        "effect": ": {effect} {estimate}",
        "interval": " ({level} % CI {low} to {high}; {p}, {method}, family {family}, {m} tests).",
        "no_interval": " ({p}, {method}, family {family}, {m} tests).",
        "p_less": "adjusted p < {value}",
        "p_equal": "adjusted p = {value}",
        "origin": " This is an association found by searching; it may be due to confounding, selection, measurement or "
        "chance.",
        "adjusted": " Beside it, adjusted for {covariates}: {effect} {estimate} ({low} to {high}).",
    },
    "fr": {
        "quoted": "« {text} »",
        "risks": "Parmi {n} personnes, {y} est noté chez {risk1} de celles avec {x} ({a} sur {n1}) et chez {risk0} des "
        "autres ({c} sur {n0})",
        "masked": "Parmi les personnes aux valeurs connues, {y} est comparé entre celles avec {x} et les autres ; les "
        "effectifs sont trop petits pour être montrés",
        "pair": "Parmi {n} personnes, {x} et {y} sont mis en regard",
        "not_computed": "{x} et {y} n'ont pas été comparés : {reason}.",
        "effect": " : {effect} {estimate}",
        "interval": " (IC à {level} % : {low} à {high} ; {p}, {method}, famille {family}, {m} tests).",
        "no_interval": " ({p}, {method}, famille {family}, {m} tests).",
        "p_less": "p ajusté < {value}",
        "p_equal": "p ajusté = {value}",
        "origin": " C'est une association trouvée en cherchant ; confusion, sélection, mesure ou hasard peuvent "
        "suffire "
        "à en rendre compte.",
        "adjusted": " À côté, avec ajustement sur {covariates} : {effect} {estimate} ({low} à {high}).",
    },
}

_STUDY: Mapping[str, Mapping[str, str]] = {
    "en": {
        "backdoor": "Under this diagram the effect of {x} on {y} is identified by adjusting for {set}.",
        "nothing": "nothing",
        "other_sets": "There are {n} smallest sets that do; any of them will do.",
        "other_sets_at_least": "There are at least {n} smallest sets that do; any of them will do.",
        "optimal": "The most precise valid set is {set}.",
        "frontdoor": "Under this diagram the effect of {x} on {y} is identified through {set}, which carries "
        "all of it.",
        "iv": "Under this diagram {set} is an instrument for the effect of {x} on {y}.",
        "conditional_iv": "Under this diagram {instrument} is an instrument for the effect of {x} on {y} once {set} is "
        "conditioned on.",
        "no_directed_path": "The diagram has no directed path from {x} to {y}: it assumes that there is no effect.",
        "not_identified": "Under this diagram the effect of {x} on {y} cannot be identified from what is measured.",
        "not_assessed": "The search was stopped before an answer was found; draw the diagram with fewer nodes.",
        "by_a_formula": "A formula beyond adjustment and front door identifies it without parametric "
        "assumptions; it is "
        "not carried out here.",
        "measure": "It would be identified if {set} were measured.",
        "measure_more": "No set of up to three unmeasured variables would identify it.",
        "valid": "The set closes every non-causal path and leaves every causal path open.",
        "not_a_covariate": "{nodes} is the exposure or the outcome itself.",
        "unobserved": "{nodes} is not measured.",
        "mediator": "{nodes} lies on a causal path from the exposure to the outcome; adjusting would remove "
        "part of what "
        "is asked.",
        "descendant": "{nodes} comes after a variable on a causal path; adjusting would remove part of what is "
        "asked or "
        "open a path.",
        "collider": "Conditioning on {nodes} opens the path {path}.",
        "m_bias": "{nodes} is a common consequence of two other causes; conditioning on it opens the path {path}.",
        "open_path": "The path {path} stays open.",
        "selection": "The sample was selected on {nodes}, which leaves the path {path} open.",
        "diagram": "The diagram is right: each missing arrow is an assumption.",
        "consistency": "Consistency: the exposure is well defined, and its versions do not matter.",
        "no_interference": "No interference: the exposure of one person does not change the outcome of another.",
        "no_measurement_error": "Exposure, outcome and covariates are measured without error that matters.",
        "positivity": "Positivity: in every stratum of the covariates, each level of the exposure occurs.",
        "exchangeability": "Exchangeability: given the adjustment set, the groups compared are alike in all else.",
        "full_mediation": "The mediators named carry the whole effect, and share no unmeasured cause with either end.",
        "relevance": "Relevance: the instrument moves the exposure.",
        "exclusion": "Exclusion: the instrument reaches the outcome only through the exposure.",
        "independence": "Independence: instrument and outcome share no cause that is not conditioned on.",
        "homogeneity_or_monotonicity": "The effect is the same for all, or nobody does the opposite of what the "
        "instrument suggests.",
        "linearity": "All relations are linear, for the instrument comes after the exposure.",
    },
    "fr": {
        "backdoor": "Selon ce diagramme, l'effet de {x} sur {y} est identifié en ajustant sur {set}.",
        "nothing": "rien",
        "other_sets": "{n} ensembles minimaux conviennent ; chacun suffit.",
        "other_sets_at_least": "Au moins {n} ensembles minimaux conviennent ; chacun suffit.",
        "optimal": "L'ensemble valide le plus précis est {set}.",
        "frontdoor": "Selon ce diagramme, l'effet de {x} sur {y} est identifié à travers {set}, qui le porte en "
        "entier.",
        "iv": "Selon ce diagramme, {set} est un instrument pour l'effet de {x} sur {y}.",
        "conditional_iv": "Selon ce diagramme, {instrument} est un instrument pour l'effet de {x} sur {y} "
        "conditionnellement à {set}.",
        "no_directed_path": "Le diagramme n'a aucun chemin orienté de {x} vers {y} : il suppose qu'il n'y a pas "
        "d'effet.",
        "not_identified": "Selon ce diagramme, l'effet de {x} sur {y} ne peut pas être identifié à partir de ce "
        "qui est "
        "mesuré.",
        "not_assessed": "La recherche a été arrêtée avant une réponse ; dessinez le diagramme avec moins de nœuds.",
        "by_a_formula": "Une formule autre que l'ajustement et la porte d'entrée l'identifie sans hypothèse "
        "paramétrique ; elle n'est pas mise en œuvre ici.",
        "measure": "Il serait identifié si {set} était mesuré.",
        "measure_more": "Aucun ensemble d'au plus trois variables non mesurées ne l'identifierait.",
        "valid": "L'ensemble ferme tous les chemins non causaux et laisse ouverts tous les chemins causaux.",
        "not_a_covariate": "{nodes} est l'exposition ou le critère lui-même.",
        "unobserved": "{nodes} n'est pas mesuré.",
        "mediator": "{nodes} est sur un chemin causal de l'exposition au critère ; ajuster retirerait une part "
        "de ce qui "
        "est demandé.",
        "descendant": "{nodes} vient après une variable d'un chemin causal ; ajuster retirerait une part de ce qui est "
        "demandé ou ouvrirait un chemin.",
        "collider": "Conditionner sur {nodes} ouvre le chemin {path}.",
        "m_bias": "{nodes} est une conséquence commune de deux autres causes ; conditionner dessus ouvre le chemin "
        "{path}.",
        "open_path": "Le chemin {path} reste ouvert.",
        "selection": "L'échantillon a été sélectionné sur {nodes}, ce qui laisse ouvert le chemin {path}.",
        "diagram": "Le diagramme est juste : chaque flèche absente est une hypothèse.",
        "consistency": "Cohérence : l'exposition est bien définie, et ses versions n'importent pas.",
        "no_interference": "Pas d'interférence : l'exposition d'une personne ne change pas le critère d'une autre.",
        "no_measurement_error": "Exposition, critère et covariables sont mesurés sans erreur qui importe.",
        "positivity": "Positivité : dans chaque strate des covariables, chaque niveau de l'exposition se rencontre.",
        "exchangeability": "Échangeabilité : à ensemble d'ajustement égal, les groupes comparés se ressemblent "
        "pour tout "
        "le reste.",
        "full_mediation": "Les médiateurs nommés portent tout l'effet et ne partagent de cause non mesurée avec aucun "
        "des deux bouts.",
        "relevance": "Pertinence : l'instrument fait bouger l'exposition.",
        "exclusion": "Exclusion : l'instrument n'atteint le critère que par l'exposition.",
        "independence": "Indépendance : instrument et critère n'ont pas de cause commune hors de celles prises "
        "en compte.",
        "homogeneity_or_monotonicity": "L'effet est le même pour tous, ou personne ne fait le contraire de ce que "
        "suggère l'instrument.",
        "linearity": "Toutes les relations sont linéaires, car l'instrument vient après l'exposition.",
    },
}


def finding_sentence(
    row: Mapping[str, Any],
    exposure: str,
    outcome: str,
    language: str,
    *,
    m: int,
    ln_adjusted: float | None,
    method: str,
    family: str,
    level: int = 95,
) -> str:
    """One finding in words.

    Parameters
    ----------
    row : a test row of the ledger that has passed the disclosure gate; a count that is not a number there is masked.
    exposure, outcome : the two sides as a person reads them.
    m, ln_adjusted, method, family : what the adjusted p rests on; they are part of the sentence.
    level : per cent of the interval.
    """
    say = _FINDING[language]
    x, y = (say["quoted"].format(text=text) for text in (exposure, outcome))
    if row["status"] != "ok":
        return say["not_computed"].format(x=x, y=y, reason=row.get("reason") or row["status"])
    counts = row.get("counts")
    if row["mode"] in {"rule", "signal"} and isinstance(counts, Sequence) and len(counts) == 4:
        text = _risks(say, counts, row["n"], x, y, language)
    else:
        text = say["pair"].format(n=_count(row["n"], language), x=x, y=y)
    estimate = row.get("estimate")
    if isinstance(estimate, int | float):
        text += say["effect"].format(effect=_effect(row["effect"], language), estimate=number(estimate, language))
    ends = (row.get("low"), row.get("high"))
    known = all(isinstance(end, int | float) for end in ends)
    text += say["interval" if known else "no_interval"].format(
        level=level,
        low=number(ends[0], language),
        high=number(ends[1], language),
        p=_adjusted_p(say, ln_adjusted, language),
        method=method,
        family=family,
        m=number(m, language, 0),
    )
    beside = row.get("adjusted")
    if isinstance(beside, Mapping) and beside.get("estimate") is not None:
        text += say["adjusted"].format(
            covariates=", ".join(row.get("adjusted_for") or ()),
            effect=_effect(str(beside["effect"]), language),
            estimate=number(beside["estimate"], language),
            low=number(beside.get("low"), language),
            high=number(beside.get("high"), language),
        )
    return text + say["origin"]


def identification_sentences(found: Identification, language: str) -> tuple[str, ...]:
    """The verdict of a diagram in words, and what would have to be measured; for the study pages only."""
    say = _STUDY[language]
    x, y = (", ".join(names) for names in (found.exposures, found.outcomes))
    shown: tuple[str, ...] = ()
    instrument = ""
    match found.verdict:
        case Verdict.BACKDOOR:
            shown = found.minimal_sets[0]
        case Verdict.FRONTDOOR:
            shown = found.frontdoor_sets[0]
        case Verdict.IV:
            shown = found.instruments
        case Verdict.CONDITIONAL_IV:
            instrument, shown = found.conditional_instruments[0].name, found.conditional_instruments[0].given
        case _:
            pass
    sentences = [say[found.verdict.value].format(x=x, y=y, set=_set(shown, say), instrument=instrument)]
    if found.verdict is Verdict.BACKDOOR and (found.n_minimal > 1 or not found.complete):
        key = "other_sets" if found.complete else "other_sets_at_least"
        sentences.append(say[key].format(n=number(found.n_minimal, language, 0)))
    if found.verdict is Verdict.BACKDOOR and found.optimal_set is not None and found.optimal_set != shown:
        sentences.append(say["optimal"].format(set=_set(found.optimal_set, say)))
    if found.verdict is Verdict.NOT_IDENTIFIED:
        if found.nonparametric:
            sentences.append(say["by_a_formula"])
        sentences.extend(say["measure"].format(set=_set(remedy.names, say)) for remedy in found.must_measure)
        if not found.must_measure:
            sentences.append(say["measure_more"])
    return tuple(sentences)


def reason_sentence(reason: Reason, language: str) -> str:
    """Why a set is or is not a valid adjustment; for the study pages only."""
    return _STUDY[language][reason.code.value].format(nodes=", ".join(reason.nodes), path=reason.path)


def assumption_sentence(assumption: Assumption, language: str) -> str:
    """What a verdict rests on; for the study pages only."""
    return _STUDY[language][assumption.value]


def _risks(say: Mapping[str, str], counts: Sequence[Any], n: Any, x: str, y: str, language: str) -> str:
    """The two risks with their counts; nothing of it where one count is masked, for it follows from the others."""
    if not all(isinstance(count, int) for count in counts):
        return say["masked"].format(x=x, y=y)
    a, b, c, d = counts
    return say["risks"].format(
        n=_count(n, language),
        x=x,
        y=y,
        a=_count(a, language),
        n1=_count(a + b, language),
        risk1=_percent(a, a + b, language),
        c=_count(c, language),
        n0=_count(c + d, language),
        risk0=_percent(c, c + d, language),
    )


def _percent(part: int, whole: int, language: str) -> str:
    return f"{number(100 * part / whole if whole else None, language, 1)} %"


def _count(value: Any, language: str) -> str:
    return number(value, language, 0) if isinstance(value, int) else str(value)


def _effect(name: str, language: str) -> str:
    return catalogue(language).get(f"effect.{name}", name.replace("_", " "))


def _adjusted_p(say: Mapping[str, str], ln_adjusted: float | None, language: str) -> str:
    """Never "p = 0.000"."""
    if ln_adjusted is None or ln_adjusted != ln_adjusted:
        return say["p_equal"].format(value="–")
    if ln_adjusted < math.log(0.001):
        return say["p_less"].format(value=number(0.001, language, 3))
    return say["p_equal"].format(value=number(math.exp(min(ln_adjusted, 0.0)), language, 3))


def _set(names: Sequence[str], say: Mapping[str, str]) -> str:
    return "{" + ", ".join(names) + "}" if names else say["nothing"]
