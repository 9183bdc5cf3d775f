"""The fixed words of a protocol as a document, English and French side by side, so that neither can lack one."""

from __future__ import annotations

from enum import StrEnum

from causal.protocol_sentences import french


class Language(StrEnum):
    """The two languages of the project."""

    ENGLISH = "en"
    FRENCH = "fr"


WORDS: dict[str, tuple[str, str]] = {
    "label": ("Hypothesis, not causation", "Hypothèse, pas une causalité"),
    "title": ("Protocol of the validation study", "Protocole de l'étude de validation"),
    "status": ("Status", "Statut"),
    "draft": ("draft", "brouillon"),
    "ready": ("ready", "prêt"),
    "frozen": ("frozen", "figé"),
    "withdrawn": ("withdrawn", "retiré"),
    "content_hash": ("Content hash", "Empreinte du contenu"),
    "finding": ("The finding", "L'observation d'origine"),
    "finding_note": (
        "Found by a search, not by a theory. The family of tests it belongs to:",
        "Trouvée par une recherche systématique, non par une théorie. La famille de tests dont elle fait partie :",
    ),
    "question": ("Question", "Question"),
    "suggested": ("Suggested wording (nobody has stated the question yet)", "Formulation proposée (à énoncer)"),
    "rationale": ("Rationale", "Justification"),
    "target_trial": ("Target trial and its emulation", "Essai cible et son émulation"),
    "component": ("Component", "Composante"),
    "target": ("Target trial", "Essai cible"),
    "emulation": ("Emulation", "Émulation"),
    "gap": ("Gap", "Écart"),
    "eligibility": ("Eligibility", "Éligibilité"),
    "strategies": ("Strategies", "Stratégies"),
    "assignment": ("Assignment", "Attribution"),
    "time_zero": ("Time zero", "Temps zéro"),
    "follow_up": ("Follow-up", "Suivi"),
    "outcome": ("Outcome", "Critère de jugement"),
    "causal_contrast": ("Contrast", "Contraste"),
    "estimand": ("Estimand", "Estimande"),
    "causal_model": ("Causal diagram", "Diagramme causal"),
    "verdict": ("Verdict", "Verdict"),
    "chosen": ("Chosen adjustment set", "Ensemble d'ajustement retenu"),
    "absent": ("Pairs without an arrow (each is an assumption)", "Paires sans flèche (chacune est une hypothèse)"),
    "must_measure": ("To be identified, measure", "Pour l'identifier, mesurer"),
    "analysis": ("Primary analysis", "Analyse principale"),
    "method": ("Method", "Méthode"),
    "covariates": ("Covariates", "Covariables"),
    "estimates": (
        "Design-stage estimates (discovery part, no confirmation)",
        "Estimations de conception (partie découverte, sans confirmation)",
    ),
    "estimate": ("Estimate", "Estimation"),
    "interval": ("95 % interval", "Intervalle à 95 %"),
    "scale": ("Scale", "Échelle"),
    "sample_size": ("Sample size", "Taille de l'étude"),
    "headline": ("Persons needed", "Personnes nécessaires"),
    "design": ("Design", "Plan d'étude"),
    "mined": ("as mined", "tel qu'observé"),
    "shrunken": ("shrunken", "rétréci"),
    "smallest_of_interest": ("smallest of interest", "plus petit effet utile"),
    "detectable": ("Detectable now", "Détectable aujourd'hui"),
    "precision": ("Expected precision by group", "Précision attendue par groupe"),
    "group": ("Group", "Groupe"),
    "persons": ("Persons", "Personnes"),
    "half_width": ("Expected half-width", "Demi-largeur attendue"),
    "not_evaluable": ("not evaluable", "non évaluable"),
    "negative_controls": ("Negative controls", "Contrôles négatifs"),
    "sensitivity": ("Sensitivity to what is not measured", "Sensibilité à ce qui n'est pas mesuré"),
    "bigger": ("Bigger means more robust.", "Plus grand signifie plus robuste."),
    "analysis_name": ("Analysis", "Analyse"),
    "value": ("Value", "Valeur"),
    "reading": ("Reading", "Lecture"),
    "refutation": ("Implementation checks", "Contrôles d'implémentation"),
    "rule": ("Rule", "Règle"),
    "found": ("Found", "Constat"),
    "guardrails": ("Guardrails", "Garde-fous"),
    "passed": ("passed", "respecté"),
    "flagged": ("flagged", "signalé"),
    "not_assessed": ("not assessed", "non évalué"),
    "data_plan": ("Data", "Données"),
    "success": ("Success rule", "Règle de succès"),
    "study_type": ("Study type", "Type d'étude"),
    "limitations": ("Limitations", "Limites"),
    "gates": ("Readiness", "État de préparation"),
    "met": ("met", "rempli"),
    "open": ("open", "ouvert"),
    "amendments": ("Amendments", "Amendements"),
    "signatures": ("Signatures", "Signatures"),
    "unknown": ("not stated", "non précisé"),
    "provenance": ("Provenance", "Provenance"),
    "checklist": ("Reporting topics", "Rubriques de publication"),
    "part": ("Part of this protocol", "Partie de ce protocole"),
    "second_opinion": ("Second opinion (DoWhy)", "Second avis (DoWhy)"),
    "foot": (
        "Research tool, not a medical device, not for the care of a person.",
        "Outil de recherche, pas un dispositif médical, pas pour le soin d'une personne.",
    ),
    "checklists": (
        "Topics follow HARPER, TARGET, RECORD-PE and ROBINS-I; item numbers are not copied.",
        "Les rubriques suivent HARPER, TARGET, RECORD-PE et ROBINS-I ; les numéros d'items ne sont pas recopiés.",
    ),
}


def word(key: str, language: Language) -> str:
    """The word of that key."""
    english, french = WORDS[key]
    return french if language is Language.FRENCH else english


# Fixed sentences that other modules write in English; numbers and names inside findings stay as they are.
PHRASES: dict[str, str] = {
    # guardrails
    "no other variable reverses the association or changes it by more than 10 %": (
        "aucune autre variable n'inverse l'association ni ne la modifie de plus de 10 %"
    ),
    "the association is the same whether or not a person was selected": (
        "l'association est la même que la personne ait été sélectionnée ou non"
    ),
    "the adjustment set holds no mediator, descendant or collider and opens no path": (
        "l'ensemble d'ajustement ne contient ni médiateur, ni descendant, ni collisionneur et n'ouvre aucun chemin"
    ),
    "both arms are found at the same covariates": "les deux bras se trouvent aux mêmes valeurs des covariables",
    "what is missing is missing alike in both arms and has no bearing on the outcome": (
        "les données manquantes le sont autant dans les deux bras et sans lien avec le critère"
    ),
    "the exposure is not the outcome in another form": "l'exposition n'est pas le critère sous une autre forme",
    "time zero, exposure and follow-up start together": "temps zéro, exposition et suivi commencent ensemble",
    "no outcome is dated before its exposure": "aucun critère n'est daté d'avant son exposition",
    "the exposed began after they entered": "les exposés ont commencé après leur entrée",
    "no covariate is the exposure or the outcome by another name": (
        "aucune covariable n'est l'exposition ou le critère sous un autre nom"
    ),
    "cells and events are many enough for the model": "effectifs et événements suffisent au modèle",
    "the mined effect stands beside its shrunken value": "l'effet observé figure à côté de sa valeur rétrécie",
    "no person who was mined is used to confirm": "aucune personne fouillée ne sert à confirmer",
    "each person counts once, or clusters are declared": (
        "chaque personne compte une fois, ou les grappes sont déclarées"
    ),
    "the unit of analysis is stated and is a person": "l'unité d'analyse est précisée et c'est une personne",
    # gates
    "diagram": "diagramme",
    "identified": "identifié",
    "adjustment": "ajustement",
    "time zero": "temps zéro",
    "estimand": "estimande",
    "sample size": "taille de l'étude",
    "negative controls": "contrôles négatifs",
    "sensitivity": "sensibilité",
    "success rule": "règle de succès",
    "data": "données",
    "guardrails": "garde-fous",
    "unit of analysis": "unité d'analyse",
    "required fields": "champs obligatoires",
    "signature": "signature",
    # implementation checks
    "permuted exposure": "exposition permutée",
    "random common cause": "cause commune aléatoire",
    "subset": "sous-ensemble",
    "pass": "réussi",
    "fail": "échoué",
    "not run": "non exécuté",
    # parts of the question
    "exposure": "exposition",
    "eligibility": "éligibilité",
    "covariate": "covariable",
    "modifier": "modificateur",
    "outcome": "critère de jugement",
    # study types
    "recommended": "recommandé",
    "alternative": "possible",
    "does not apply": "ne s'applique pas",
    "cannot be assessed": "ne peut être évalué",
    "not stated": "non précisé",
    "replication in an independent cohort, functional study, or Mendelian randomisation if assumptions hold": (
        "réplication dans une cohorte indépendante, étude fonctionnelle, ou randomisation mendélienne si ses "
        "hypothèses tiennent"
    ),
    "no causal study of this exposure: descriptive study or decomposition, or another exposure": (
        "pas d'étude causale de cette exposition : étude descriptive ou décomposition, ou une autre exposition"
    ),
    "reject as a finding": "écarter cette observation",
    "replication of the association first, same definitions": "d'abord répliquer l'association, mêmes définitions",
    "new data collection with the variables that are missing, or a trial": (
        "nouveau recueil avec les variables manquantes, ou essai"
    ),
    "randomised trial (by cluster where contamination is likely)": (
        "essai randomisé (en grappes si une contamination est probable)"
    ),
    "self-controlled case series (or case-crossover where exposure has no trend)": (
        "série de cas autocontrôlée (ou cas croisé si l'exposition est sans tendance)"
    ),
    "nested case-control or case-cohort study, 4 controls a case": (
        "étude cas-témoins nichée ou cas-cohorte, 4 témoins par cas"
    ),
    "cohort of exposed and unexposed matched on the propensity score": (
        "cohorte exposés et non exposés appariés sur le score de propension"
    ),
    "instrumental variable study (Mendelian randomisation if genetic), F above 10": (
        "étude à variable instrumentale (randomisation mendélienne si génétique), F supérieur à 10"
    ),
    "difference in differences, interrupted time series or regression discontinuity": (
        "différence de différences, série interrompue ou régression sur discontinuité"
    ),
    "target-trial emulation in a cohort, new users, active comparator": (
        "émulation d'un essai cible en cohorte, nouveaux utilisateurs, comparateur actif"
    ),
    "target-trial emulation in a cohort, new users": "émulation d'un essai cible en cohorte, nouveaux utilisateurs",
    "longitudinal data: what is here has no order of time and can confirm nothing": (
        "données longitudinales : celles-ci n'ont pas d'ordre temporel et ne peuvent rien confirmer"
    ),
    # fixed cells
    "everyone in the table": "toute la table",
    "everyone else whose value is known": "toutes les autres personnes de valeur connue",
    "those with none of the exposures": "les personnes sans aucune des expositions",
    "randomised, open label": "randomisé, en ouvert",
    "exchangeability given these covariates is assumed, not tested": (
        "l'échangeabilité sachant ces covariables est supposée, non testée"
    ),
    "lower limit beyond the null AND point estimate at least the smallest effect of interest": (
        "limite inférieure au-delà de la valeur nulle ET estimation au moins égale au plus petit effet utile"
    ),
    "the interval holds both the null and the smallest effect of interest": (
        "l'intervalle contient la valeur nulle et le plus petit effet utile"
    ),
}


def phrase(text: str, language: Language) -> str:
    """A sentence that the program writes, in the language; any other text as it is."""
    if language is not Language.FRENCH:
        return text
    return PHRASES.get(text) or french(text) or text
