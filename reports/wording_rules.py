"""The words that read as causal, as advice or as a counterfactual, in English and French, and what may hold them.

Patterns are matched against normalised text (``reports.wording.normalise``): lower case, no accents, one space, no
invisible characters. Sources: the tiers of our language rule, the ban list of the page texts, and Haber et al. (2022,
doi:10.1093/aje/kwac137), who found that readers take even "associated" causally; so a label stands beside each text.

>>> RULES[0].tier.value, bool(RULES[0].pattern.search("coffee causes cancer"))
('causal', True)
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum


class Tier(StrEnum):
    """What kind of claim a word makes."""

    CAUSAL = "causal"
    ACTION = "action"
    COUNTERFACTUAL = "counterfactual"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One family of words. ``not_after`` and ``not_before`` are neighbouring words that make it a noun or an adjective,
    as in "an increase", "results in women"; ``needs_before`` asks for a word in front, that is, for a subject."""

    name: str
    tier: Tier
    pattern: re.Pattern[str]
    not_after: frozenset[str] = frozenset()
    not_before: frozenset[str] = frozenset()
    needs_before: bool = False
    needs_after: bool = False


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Before a verb form that is also a noun or an adjective, these words show that it is not a verb.
_NOUN_AFTER = _words(
    "a an the this that these those any no some each every all such same similar other of with without and or "
    "in by for "
    "as at from on is was were are be been being has have had having percent relative absolute slight small large "
    "significant mean average annual overall corresponding observed recorded showed show shows shown reported report "
    "reports found contained than between among versus vs where who their its our main also not both more most less "
    "un une le la les des de du d l ce cette aucun aucune par avec sans chez et ou dans pour est sont etait "
    "etaient a ont avait"
)
# After such a form, these show that it has no object.
_NO_OBJECT = _words(
    "in of was were is are and or than among at for on over from with as by between to per during after before "
    "chez dans avec selon entre que et ou pour par au aux en"
)

_THIRD = (
    "reduces|increases|decreases|lowers|raises|improves|worsens|elevates|boosts|diminishes|slows|accelerates|promotes|"
    "aggravates|exacerbates|alleviates|mitigates|enhances|suppresses|inhibits|triggers|cures|heals|prolongs|shortens|"
    "cuts|lessens|hastens|delays|eliminates|strengthens|weakens"
)
_BASE = (
    "reduce|increase|decrease|lower|raise|improve|worsen|elevate|boost|diminish|slow|accelerate|promote|aggravate|"
    "exacerbate|alleviate|mitigate|enhance|suppress|inhibit|trigger|cure|heal|prolong|shorten|cut|lessen|hasten|delay|"
    "eliminate|strengthen|weaken"
)
_PAST = (
    "reduced|increased|decreased|lowered|raised|improved|worsened|elevated|boosted|diminished|slowed|accelerated|"
    "promoted|aggravated|exacerbated|alleviated|mitigated|enhanced|suppressed|inhibited|triggered|cured|healed|"
    "prolonged|shortened|lessened|hastened|eliminated|strengthened|weakened"
)


def _rule(name: str, pattern: str, tier: Tier = Tier.CAUSAL, **limits: object) -> Rule:
    return Rule(name=name, tier=tier, pattern=re.compile(pattern), **limits)  # type: ignore[arg-type]


_ENGLISH = (
    _rule("cause", r"\bcaus(?:es?|ed|ing|al|ally|ality|ation|ative)\b"),
    _rule("lead to", r"\b(?:leads?|led|leading) to\b"),
    _rule("drive", r"\b(?:drives?|drove|driven by|drivers? of)\b", not_after=_words("hard disk usb tape test")),
    _rule("result in", r"\bresult(?:s|ed|ing)? in\b", not_after=_NOUN_AFTER, needs_before=True),
    _rule("due to", r"\b(?:due|owing|thanks) to\b|\bbecause of\b|\bon account of\b|\bas a (?:result|consequence) of\b"),
    _rule("consequence", r"\b(?:consequences?|results?) of (?:taking|using|being|having)\b|\bconsequences? of\b"),
    _rule("give rise", r"\b(?:gives?|gave|giving) rise to\b|\bbr(?:ings?|ought|inging) about\b|\bstems? from\b"),
    _rule("induce", r"\binduc(?:es?|ed|ing)\b"),
    _rule("prevent", r"\bprevent(?:s|ed|ing|ion|ive|able|s?)\b"),
    _rule("protect", r"\bprotect(?:s|ed|ing|ion|ive|s?)\b"),
    _rule("change (third person)", rf"\b(?:{_THIRD})\b", not_before=_NO_OBJECT, not_after=_NOUN_AFTER),
    _rule(
        "change (plural subject)",
        rf"\b(?:{_BASE})\b",
        not_before=_NO_OBJECT,
        not_after=_NOUN_AFTER,
        needs_before=True,
        needs_after=True,
    ),
    _rule(
        "change (past)",
        rf"\b(?:{_PAST})\b",
        not_before=_NO_OBJECT,
        not_after=_NOUN_AFTER,
        needs_before=True,
        needs_after=True,
    ),
    _rule(
        "change (passive)",
        rf"\b(?:{_PAST}) by (?!\d|about |approximately |around |roughly |nearly |almost |a |an |half|some |more "
        rf"|less |up |"
        r"one |two |three |between )[a-z]",
    ),
    _rule("multiply", r"\b(?:doubles|halves|triples|quadruples|reverses)\b"),
    _rule("kill", r"\bkill(?:s|ed|ing)?\b|\bsav(?:es?|ed|ing) lives\b"),
    _rule("role", r"\bplay(?:s|ed)? (?:a|an|some|no) (?:\w+ )?(?:role|part) in\b|\bsecondary to\b"),
    _rule("effect", r"\beffects?\b|\beffective(?:ness)?\b|\befficac(?:y|ious)\b"),
    _rule("affect", r"\baffect(?:s|ing|s?)\b|\baffected by\b"),
    _rule("impact", r"\bimpact(?:s|ed|ing|ful|s?)\b"),
    _rule("influence", r"\binfluenc(?:es?|ed|ing)\b"),
    _rule("responsible", r"\bresponsible for\b|\bblamed? (?:for|on)\b"),
    _rule("attributable", r"\battributable\b|\battributed to\b|\battribution of\b"),
    _rule("benefit", r"\bbenefi(?:ts?|ted|cial|cially)\b"),
    _rule("harm", r"\bharm(?:s|ed|ful|fully|ing|s?)\b"),
    _rule("risk factor", r"\brisk factors?\b"),
    _rule("determinant", r"\bdeterminants?\b|\bdetermines\b"),
    _rule("contribute", r"\bcontribut(?:es?|ed|ing|ions?) to\b|\bcontributing factors?\b"),
    _rule("predict", r"\bpredicts\b|\bpredict (?:the |a |an )?\w+|\bpredicted by\b|\bpredictive of\b"),
    _rule("mediate", r"\bmediates?\b|\bmediated by\b"),
    _rule(
        "make",
        r"\bmakes? (?:people|patients|men|women|children|persons|you|them|\w+) (?:sick|ill|worse|better|healthier)\b",
    ),
    _rule(
        "advice",
        r"\b(?:should|ought to|must|recommend(?:s|ed|ing|ations?)?|advis(?:es?|ed|able|ing)|prescrib(?:es?|ing))\b",
        Tier.ACTION,
    ),
    _rule(
        "advice to stop or start",
        r"\b(?:stop|start|begin|quit|avoid|cease)(?:s|ping|ting|ing)? (?:taking|using|eating|drinking|giving|"
        r"prescribing)\b"
        r"|\bavoid(?:s|ing)?\b",
        Tier.ACTION,
    ),
    _rule(
        "counterfactual",
        r"\bwould(?:n't)?\b|\bcould have\b|\bhad (?:they|he|she|it|everyone|all|nobody) (?:not )?\w+",
        Tier.COUNTERFACTUAL,
    ),
    _rule(
        "if then",
        r"\bif\b[^.;!?]{1,200}\b(?:then|will)\b[^.;!?]{0,200}\b(?:lower|fewer|less|more|higher|decreas\w*|increas\w*|"
        r"reduc\w*|improv\w*|drops?|falls?|rises?)\b",
        Tier.COUNTERFACTUAL,
    ),
)

_FRENCH = (
    _rule("causer", r"\bcaus(?:ent|er|ant|ait|ee|ees|e par|ale|ales|aux|alite|alites|ateur|atrice)\b|\ba cause d"),
    _rule("provoquer", r"\bprovoqu(?:e|es|ent|er|ant|ait|ee|ees)\b"),
    _rule("entrainer", r"\bentrain(?:e|es|ent|er|ant|ait|aient|ee|ees)\b"),
    _rule(
        "conduire", r"\b(?:condui(?:t|sent|re|sant|sait)|men(?:e|ent|er|ant)|abouti(?:t|ssent|r|ssant)) (?:a|au|aux)\b"
    ),
    _rule(
        "du a",
        r"\b(?:du|due|dus|dues) (?:a|au|aux)\b|\ben raison d|\bgrace (?:a|au|aux)\b|\bsous l'(?:effet|influence)\b",
    ),
    _rule("consequence (fr)", r"\bconsequences? d"),
    _rule("induire", r"\bindui(?:t|te|ts|tes|sent|re|sant)\b"),
    _rule("declencher", r"\b(?:declench|engendr|occasionn|suscit)(?:e|es|ent|er|ant|ait|ee|ees)\b"),
    _rule("proteger", r"\bproteg(?:e|es|ent|er|ant|eait|ee|ees)\b|\bprotect(?:eur|eurs|rice|rices)\b"),
    _rule("prevenir", r"\bprevien(?:t|nent)\b|\bprevenir\b|\bempech(?:e|ent|er|ant)\b|\bevit(?:e|ent|ant)\b"),
    _rule(
        "changer",
        r"\b(?:reduit|reduisent|reduire|diminue|diminuent|diminuer|augmente|augmentent|augmenter|abaisse|abaissent|"
        r"abaisser|ameliore|ameliorent|ameliorer|aggrave|aggravent|aggraver|accroit|accroissent|accroitre|"
        r"elever|elevent|"
        r"ralentit|ralentissent|accelere|accelerent|favorise|favorisent|favoriser|freine|freinent|guerit|guerissent|"
        r"limite|limitent|modifie|modifient)"
        r"(?: (?:significativement|fortement|nettement|beaucoup))?"
        r"(?= (?:le|la|les|un|une|des|du|de|ce|cette|ces|son|sa|ses|leur|leurs)\b| [ld]')",
    ),
    _rule(
        "multiplier",
        r"\b(?:double|doublent|triple|triplent) (?:le|la|les) \w+|\bfait (?:baisser|monter|augmenter|diminuer)\b",
    ),
    _rule(
        "origine", r"\ba l'origine d|\bjoue(?:nt)? un role\b|\bsecondaires? (?:a|au|aux)\b|\bsauve(?:nt)? des vies\b"
    ),
    _rule("effet", r"\beffets?\b|\befficac(?:e|es|ite)\b"),
    _rule("impacter", r"\bimpact(?:e|es|ent|er|ant|ait|ee|ees)\b"),
    _rule("influencer", r"\binfluenc(?:ent|er|ant|ait|ee|ees)\b|\bagi(?:t|ssent|r) sur\b|\bjoue(?:nt)? sur\b"),
    _rule("responsable", r"\bresponsables? d"),
    _rule("imputable", r"\b(?:imputables?|attribuables?)\b"),
    _rule("benefice", r"\bbenefi(?:ces?|ques?)\b"),
    _rule("nocif", r"\bnoci(?:f|fs|ve|ves|vite)\b|\bnuisibles?\b|\bnefastes?\b"),
    _rule("facteur de risque", r"\bfacteurs? (?:de risque|protecteurs?|favorisants?|declenchants?)\b"),
    _rule("determinant (fr)", r"\bdeterminantes?\b"),
    _rule("contribuer", r"\bcontribu(?:e|ent|er|ant|ait) (?:a|au|aux)\b"),
    _rule("predire", r"\bpredi(?:t|sent|re|sant)\b"),
    _rule(
        "conseil",
        r"\b(?:doit|doivent|devrait|devraient|devons|devez|il faut|faudrait|recommand(?:e|es|ent|er|ons|ation|"
        r"ations|ee|ees)|"
        r"conseill(?:e|es|ent|er|ons|ee|ees)|prescri(?:re|vez|vent|vons))\b",
        Tier.ACTION,
    ),
    _rule("conseil d'arret", r"\b(?:arret|cess|evit)(?:er|ez|ons)(?: d[e'])?\b", Tier.ACTION),
    _rule("conditionnel", r"\b(?:aurai(?:t|ent)|serai(?:t|ent))\b", Tier.COUNTERFACTUAL),
    _rule("si alors", r"\bsi\b[^.;!?]{1,200}\balors\b", Tier.COUNTERFACTUAL),
)

RULES = _ENGLISH + _FRENCH

# Statements that deny or ask: no word in them is a claim, and none is counted.
NEUTRAL = tuple(
    re.compile(pattern)
    for pattern in (
        r"\bhypothes(?:is|es),? not causation\b",
        r"\bhypothese,? pas une causalite\b",
        r"\bhypotheses,? pas des causalites\b",
        r"\bnot (?:a )?caus(?:ation|ality)\b",
        r"\bpas une (?:causalite|cause)\b",
        r"\bno causal (?:interpretation|claim|conclusion|meaning|reading)s?\b",
        r"\baucune (?:interpretation|conclusion|lecture) causale\b",
        r"\b(?:does|do|can|could) not (?:by itself |themselves |itself |alone )?(?:show|prove|establish|imply|"
        r"mean|demonstrate) "
        r"(?:a |any )?caus(?:es?|ation|ality)\b",
        r"\bne (?:prouve|demontre|montre|etabli)\w* (?:pas|aucune?) (?:de |une |la |un )?(?:causalite|cause|"
        r"lien causal|lien de causalite)\b",
        r"\b(?:proves?|shows?|establish(?:es)?) no caus(?:es?|ation|ality)\b",
        r"\b(?:does|do|can) not (?:prove|show|mean|imply) that one variable causes (?:the other|another)\b",
        r"\bne (?:prouve|montre|signifie) pas qu'une variable cause (?:l'autre|une autre)\b",
        r"\bdue to (?:unmeasured |residual )?(?:confounding|chance|bias|selection|measurement)\b",
        r"\bdue? (?:a|au|aux) (?:la |l'|des |un |une )?(?:confusion|hasard|biais|selection|mesure|facteurs? de "
        r"confusion)\b",
        # A question put as a candidate hypothesis, with a verb that is neutral in a question.
        r"\b(?:does|do|did|whether|could|can|may|might) [^.!?;]{1,200}\b(?:affect|change|differ)\b[^.!?;]{0,200}\?",
        r"\ben effet\b",
    )
)

# Fixed terms of registries and of software, allowed everywhere.
TERMS = tuple(
    re.compile(pattern)
    for pattern in (
        r"\bnot (?:been )?shown to (?:cause|lead to|prevent|protect|reduce|increase)\b(?: harm\b)?",
        r"\b(?:(?:underlying|immediate|contributory|main|multiple|all|any|leading|external|initial) )?causes? "
        r"of (?:death|deaths|mortality|admission|hospitali[sz]ation|injury)\b",
        r"\b(?:all|any|single|multiple|other|specific)[ -]causes?\b",
        r"\bcause[ -]specific\b",
        r"\bcauses? (?:initiale |immediate |principale |externe )?(?:de|du|des) (?:deces|mort|mortalite|sortie|"
        r"hospitalisation)\b",
        r"\btoutes causes\b",
        r"\b(?:did|does|do) not cause (?:any )?(?:convergence|numerical|computational|memory|rounding|software|"
        r"technical) \w+",
        r"\b(?:due to|because of) missing (?:data|values|answers|records)\b",
        r"\b(?:adverse|side|undesirable|unwanted)(?: drug)? effects?\b",
        r"\beffets? (?:indesirables?|secondaires?)\b",
        r"\bdata protection\b|\bprotection des donnees\b|\bprotected (?:profile|cells?|data)\b|\b(?:profil|"
        r"cellules?|donnees?) protegees?\b",
    )
)

# Names of methods, allowed in sentences and refused in the names of columns, keys and files (rule G04).
METHODS = tuple(
    re.compile(pattern)
    for pattern in (
        r"\b(?:random |unnamed )?common causes?\b|\bcauses? communes?\b",
        r"\bcausal (?:diagrams?|graphs?)\b|\b(?:diagrammes?|graphes?) caus(?:al|aux)\b",
        r"\beffect (?:sizes?|modif(?:iers?|ication))\b",
        r"\b(?:random|fixed|mixed)[ -]effects?\b",
        r"\b(?:tailles?|modificat(?:eurs?|ion)) d'effets?\b|\beffets? (?:aleatoires?|fixes?|mixtes?)\b",
        r"\binfluence functions?\b|\bfonctions? d'influence\b|\bimpact factors?\b|\bfacteurs? d'impact\b",
    )
)
