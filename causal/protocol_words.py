"""The fixed words of a protocol as a document, English and French side by side, so that neither can lack one."""

from __future__ import annotations

from enum import StrEnum


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
