"""The French of sentences that guardrails, checks and sensitivity analyses write in English, numbers and names kept.

>>> french("largest change 0.93%")
'plus grand changement 0,93\u00a0%'
>>> french("a sentence nobody knows") is None
True
"""

from __future__ import annotations

import re

FIXED: dict[str, str] = {
    "the set is valid in the diagram": "l'ensemble est valide dans le diagramme",
    "the arms overlap": "les bras se recouvrent",
    "no other variable to stratify by, or no two arms": "pas d'autre variable pour stratifier, ou pas deux bras",
    "everyone, or no one, is selected: nothing to compare": "tous, ou personne, sont sélectionnés : rien à comparer",
    "no difference by selection was found": "aucune différence selon la sélection",
    "no covariates: overlap is not in question": "pas de covariables : le recouvrement n'est pas en cause",
    "missing alike in both arms": "manquantes autant dans les deux bras",
    "neither tells the other": "aucune ne détermine l'autre",
    "temporality unknown: measurement times are not declared": (
        "temporalité inconnue : les moments de mesure ne sont pas déclarés"
    ),
    "nothing overlaps the start of the exposure": "rien ne chevauche le début de l'exposition",
    "the exposure is declared to precede the outcome": "l'exposition est déclarée antérieure au critère",
    "no two arms to compare": "pas deux bras à comparer",
    "exposure and follow-up start together": "exposition et suivi commencent ensemble",
    "start of exposure or entry is not dated": "le début de l'exposition ou l'entrée n'est pas daté",
    "all began at or after entry": "tous ont commencé à l'entrée ou après",
    "none repeats them": "aucune ne les répète",
    "both are shown": "les deux sont montrés",
    "no shrunken effect stands beside it": "aucun effet rétréci ne figure à côté",
    "no person was mined before": "aucune personne n'a été fouillée auparavant",
    "clusters are declared": "les grappes sont déclarées",
    "each person counts once": "chaque personne compte une fois",
    "the unit of analysis is not stated": "l'unité d'analyse n'est pas précisée",
    "the unit is a person": "l'unité est une personne",
    # sensitivity
    "E-value of the estimate": "valeur E de l'estimation",
    "E-value of the limit nearer the null": "valeur E de la limite la plus proche de la valeur nulle",
    "E-value to reach the smallest effect of interest": "valeur E pour atteindre le plus petit effet utile",
    "a confounder needs this risk ratio with exposure and outcome": (
        "un facteur de confusion doit avoir ce risque relatif avec l'exposition et le critère"
    ),
    "1 means that the interval already holds the null": "1 signifie que l'intervalle contient déjà la valeur nulle",
    "1 means that it is there": "1 signifie que l'on y est déjà",
    "times more frequent in one arm, for a confounder that explains all alone": (
        "fois plus fréquent dans un bras, pour un facteur qui expliquerait tout à lui seul"
    ),
    "risk ratio left by a confounder with these two risk ratios": (
        "risque relatif restant après un facteur ayant ces deux risques relatifs"
    ),
    "tipping point": "point de bascule",
    "the interval already holds the null": "l'intervalle contient déjà la valeur nulle",
    "robustness value": "valeur de robustesse",
    "robustness value, 5 % level": "valeur de robustesse, seuil de 5\u00a0%",
    "partial R2 that takes all of it away": "R2 partiel qui l'annule tout à fait",
    "partial R2 that takes the interval to the null": "R2 partiel qui amène l'intervalle à la valeur nulle",
    "no confounder can be that strong": "aucun facteur ne peut être aussi fort",
    "selection and misclassification": "sélection et erreurs de classement",
    "a cell of the table is empty": "une case de la table est vide",
    "crude odds ratio left (inverted if below 1)": "rapport de cotes brut restant (inversé s'il est sous 1)",
    "crude odds ratio corrected": "rapport de cotes brut corrigé",
    "impossible at these counts": "impossible avec ces effectifs",
    "missing outcomes": "critères manquants",
    "no outcome is missing": "aucun critère ne manque",
    "Cornfield": "Cornfield",
    # study types
    "the exposure is not a genotype": "l'exposition n'est pas un génotype",
    "the exposure could be set": "l'exposition pourrait être fixée",
    "the outcome is rare or dear to measure": "le critère est rare ou coûteux à mesurer",
    "the outcome is frequent and measured": "le critère est fréquent et mesuré",
    "rare exposure, frequent outcome": "exposition rare, critère fréquent",
    "the exposure is not rare": "l'exposition n'est pas rare",
    "an instrument is in the diagram or stated": "un instrument est dans le diagramme ou énoncé",
    "no instrument": "pas d'instrument",
    "a policy date or cut-off is stated": "une date de réforme ou un seuil est énoncé",
    "no natural experiment": "pas d'expérience naturelle",
    "active comparator and dates of initiation exist": "comparateur actif et dates de début existent",
    "no active comparator or no dates": "pas de comparateur actif ou pas de dates",
    "no dates": "pas de dates",
    "measurement times are declared": "les moments de mesure sont déclarés",
    "default: no earlier rule holds": "par défaut : aucune règle précédente ne s'applique",
    "no strength suffices": "aucune force n'y suffit",
    "risk ratio with the outcome that takes the limit to 1": "risque relatif avec le critère qui amène la limite à 1",
    "identified, or a trial is not possible": "identifié, ou un essai n'est pas possible",
    "identified, or nothing to measure would help": "identifié, ou rien à mesurer n'aiderait",
    "not identified, and what to measure is known": "non identifié, et l'on sait que mesurer",
    "not identified, and a trial is possible": "non identifié, et un essai est possible",
    "the exposure is a genotype or mutation": "l'exposition est un génotype ou une mutation",
    "nobody can set the exposure": "personne ne peut fixer l'exposition",
    "the outcome derives from the exposure": "le critère dérive de l'exposition",
    "the outcome does not derive from the exposure": "le critère ne dérive pas de l'exposition",
    "independent data exist and it was never replicated": "des données indépendantes existent et rien n'a été répliqué",
    "no independent data": "pas de données indépendantes",
    "transient exposure, acute outcome": "exposition transitoire, critère aigu",
    "the exposure is not transient or the outcome not acute": "l'exposition n'est pas "
    "transitoire ou le critère pas aigu",
    # negative controls, estimators, sizes
    "measured with the outcome; the diagram does not hold it, so a person has to judge it": (
        "mesurée avec le critère ; absente du diagramme, une personne doit en juger"
    ),
    "regression": "régression",
    "inverse probability weighting": "pondération par l'inverse de la probabilité",
    "cohort, two means": "cohorte, deux moyennes",
    "two arms of equal size": "deux bras de même taille",
    "nothing": "rien",
    "sealed part of the mined table": "partie scellée de la table fouillée",
    # why a gate is open
    "no diagram, or edges that nobody reviewed": ("pas de diagramme, ou des flèches que personne n'a relues"),
    "no valid adjustment set is chosen": ("aucun ensemble d'ajustement valide n'est choisi"),
    "eligibility, assignment and start of follow-up do not coincide, and the gap is not explained": (
        "éligibilité, attribution et début du suivi ne coïncident pas, et l'écart n'est pas expliqué"
    ),
    "population, measure, time point or intercurrent events are missing": (
        "population, mesure, moment ou événements intercurrents manquent"
    ),
    "no size from the shrunken effect or the smallest effect of interest": (
        "aucune taille d'après l'effet rétréci ou le plus petit effet utile"
    ),
    "no confirmed negative control, and no reason for none": (
        "aucun contrôle négatif confirmé, ni raison de n'en avoir aucun"
    ),
    "no sensitivity analysis is laid down": ("aucune analyse de sensibilité n'est prévue"),
    "scale, direction, smallest effect of interest or rule is missing": (
        "échelle, sens, plus petit effet utile ou règle manque"
    ),
    "the source is neither independent of the mined persons nor to be collected": (
        "la source n'est ni indépendante des personnes fouillées ni à recueillir"
    ),
    "it is not stated": ("elle n'est pas précisée"),
    "nobody signed the defaults and the design": ("personne n'a signé les valeurs par défaut et le plan"),
}

_N = r"([\d.,]+)"
_PATTERNS: tuple[tuple[str, str], ...] = (
    (r"the estimate moves when stratified by (.+)", r"l'estimation bouge quand on stratifie sur \1"),
    (r"the direction reverses within strata of (.+)", r"le sens s'inverse dans les strates de \1"),
    (
        rf"none of {_N} variables moves it by more than 10 %",
        "aucune des \\1 variables ne la modifie de plus de 10\u00a0%",
    ),
    (
        rf"odds ratio {_N} among the selected, {_N} among the others",
        r"rapport de cotes \1 chez les sélectionnés, \2 ailleurs",
    ),
    (r"all or nobody: (.+)", r"tous ou personne : \1"),
    (rf"{_N} persons for each column", r"\1 personnes par colonne"),
    (
        rf"least expected count {_N}, {_N} events for each column(.*)",
        r"plus petit effectif attendu \1, \2 événements par colonne\3",
    ),
    (
        rf"{_N} rows repeat a person: errors must be by person",
        r"\1 lignes répètent une personne : erreurs par personne",
    ),
    (rf"{_N} hold 0; mean (\S+) \(SE (\S+)\)", r"\1 contiennent 0 ; moyenne \2 (erreur type \3)"),
    (rf"largest change {_N}", r"plus grand changement \1"),
    (rf"spread {_N} times the expected; {_N} keep the sign", r"étendue \1 fois celle attendue ; \2 gardent le signe"),
    (
        rf"of {_N} shuffles at least {_N} of the 95 % intervals hold 0, and their mean is within 3 SE of 0",
        "sur \\1 permutations, au moins \\2 des intervalles à 95\u00a0% contiennent 0, et leur "
        "moyenne est à moins de 3 erreurs types de 0",
    ),
    (
        rf"none of {_N} random covariates changes the estimate by {_N} or more",
        r"aucune des \1 covariables aléatoires ne change l'estimation de \2 ou plus",
    ),
    (
        rf"over {_N} random parts of {_N} the spread is at most {_N} times the expected SE "
        rf"sqrt\(\(1-f\)/f\), and at least {_N} keep the sign",
        r"sur \1 parts aléatoires de \2, l'étendue est au plus \3 fois l'erreur type attendue "
        r"sqrt((1-f)/f), et au moins \4 gardent le signe",
    ),
    (rf"bias factor {_N} x {_N}", r"facteur de biais \1 x \2"),
    (rf"a confounder {_N} times (.+)", r"un facteur \1 fois \2"),
    (
        rf"estimate left \((.+) to (.+)\) by a confounder {_N} times as strong as (.+)",
        r"estimation restante (\1 à \2) après un facteur \3 fois aussi fort que \4",
    ),
    (rf"tipping point, prevalence {_N} against {_N}", r"point de bascule, prévalence \1 contre \2"),
    (rf"tipping point, risk ratio {_N} per SD", r"point de bascule, risque relatif \1 par écart type"),
    (r"SD apart that take the limit to 1", r"écarts types entre bras qui amènent la limite à 1"),
    (
        rf"missing outcomes, {_N} (.+) worse among the exposed",
        r"critères manquants, \1 \2 de moins bon chez les exposés",
    ),
    (rf"estimate left with {_N} outcomes missing", r"estimation restante avec \1 critères manquants"),
    (
        r"shares (.+) with the (?:exposure|outcome) and is not reached from the exposure",
        r"partage \1 et n'est pas atteinte depuis l'exposition",
    ),
    (r"the path (.+) stays open", r"le chemin \1 reste ouvert"),
    (r"the verdict is (.+)", r"le verdict est \1"),
    (
        r"'(.+)' is measured until year (.+), '(.+)' from year (.+): part of the exposure time is also time at risk, "
        r"so persons had to stay in the study to be called exposed \(guardrail G13\)\.",
        "«\u00a0\\1\u00a0» est mesuré jusqu'à l'année \\2, «\u00a0\\3\u00a0» dès l'année \\4 : "
        "une part du temps d'exposition est aussi "
        "du temps à risque, il fallait rester dans l'étude pour être dit exposé (garde-fou G13).",
    ),
    (r"red: (.+)", r"rouge : \1"),
    (r"unknown: (.+)", r"non précisé : \1"),
)
_COMPILED = tuple((re.compile(english.replace(_N, r"(-?[\d.,]+%?)")), told) for english, told in _PATTERNS)


def french(text: str) -> str | None:
    """The French sentence, or None where this sentence is not known."""
    found = FIXED.get(text)
    if found is None:
        for english, told in _COMPILED:
            match = english.fullmatch(text)
            if match is not None:
                found = match.expand(told)
                break
    if found is None:
        return None
    # A decimal comma, and the space that French sets before the sign.
    return re.sub(r"(?<=\d)%", "\u00a0%", re.sub(r"(?<=\d)\.(?=\d)", ",", found))
