"""The linter on texts that claim and texts that do not, in English and French, disguised or not."""

from __future__ import annotations

import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from miner.errors import CausalLanguage
from reports.wording import FINDING, Passage, Tier, Verdict, lint, lint_export, normalise

CLAIMS = """
Metformin use causes fewer falls
Falls were caused by metformin
Coffee is a cause of cancer
A causal link between coffee and cancer
Smoking leads to weight loss
Obesity led to more admissions
Poverty drives mortality
Mortality is driven by poverty
Heavy drinking results in cirrhosis
The excess was due to smoking
They died because of the delay
Deaths as a result of smoking
Diabetes is a consequence of obesity
Obesity gives rise to diabetes
Statin-induced myopathy was frequent
Opioids induce constipation
Vaccination prevents death
Statins prevent dementia
The preventive role of statins
Vitamin D protects against infection
A protective association of wine
Statins reduce dementia risk by 20%
Metformin reduced falls
Falls were reduced by metformin
Exercise may reduce blood pressure
Coffee increases HDL
Statins lower cholesterol
Salt raises blood pressure
Walking improves mood
Loneliness worsens depression
Smoking accelerates decline
Sugar triggers migraine
The effect of coffee on HDL was 3 mg/dl
Coffee affects HDL
HDL is affected by coffee
The impact of salt on pressure
Age influences outcome
Obesity is responsible for 12% of cases
12 % of deaths were attributable to tobacco
Deaths attributed to tobacco
Patients benefited from aspirin
Aspirin is beneficial
Alcohol harms the liver
Smoking is a risk factor for COPD
Income is a determinant of health
Alcohol contributes to accidents
Age predicts death
The drug is effective against falls
Inflammation mediates the association
Sugar makes children ill
Smoking does not cause cancer
Smoking kills
Screening saves lives
Smoking doubles the risk
Iron plays a key role in anaemia
Anaemia secondary to bleeding
Drug X will lower pressure
Beta-blockers cut mortality
Does smoking cause cancer?
Patients should stop taking drug X
We recommend aspirin
Doctors must act
Prescribe less
Avoid sugar
Stop smoking and start taking vitamins
Had they quit, fewer would have died
If people drink less, then deaths will drop
Quitting would lower weight
La metformine provoque des chutes
Le tabac cause le cancer
Des chutes causées par la metformine
Le lien causal entre café et cancer
Le décès est dû à un retard
Morts à cause du tabac
Le sel entraîne une hypertension
L'alcool conduit à la cirrhose
Le tabac mène au cancer
Le vaccin protège contre la grippe
Un rôle protecteur du vin
La vitamine prévient les infections
Le café augmente le HDL
Les statines réduisent le risque
Le sport diminue significativement la tension
L'exercice améliore l'humeur
L'effet du café sur le HDL
L'efficacité du vaccin
La solitude favorise la dépression
Le tabac est responsable de 12 % des cas
Décès attribuables au tabac
Le tabac est un facteur de risque de BPCO
Un déterminant de la santé
L'alcool contribue aux accidents
L'âge prédit le décès
Les patients doivent arrêter de fumer
Il faut arrêter
Nous recommandons l'aspirine
Moins de décès auraient été observés
Si l'on fume moins, alors la mortalité baisse
Le stress déclenche la migraine
Un bénéfice du traitement
La BPCO, conséquence du tabac
Les opioïdes induisent une constipation
Le sel impacte la tension
Les gènes influencent le poids
Un produit nocif
Une exposition déterminante
Le tabac double le risque
Le sport fait baisser la tension
Le tabac est à l'origine de cancers
Le fer joue un rôle dans l'anémie
""".strip().splitlines()

NEUTRAL = """
Hypothesis, not causation: coffee intake and HDL were positively associated (crude OR 1.4)
Hypothèse, pas une causalité
In this dataset records with A also contained B more often than expected (lift 1.8)
Candidate hypothesis H-12: does A affect B? Not tested.
No causal interpretation is warranted; B may precede A
Association is not causation
A correlation found by searching proves no cause
It does not prove that one variable causes the other
Elle ne prouve pas qu'une variable cause l'autre
An association does not imply causality
This is an association found by searching; it may be due to confounding, selection, measurement or chance.
Among 4,812 participants, COPD was recorded in 12.1 % of smokers and 4.9 % of non-smokers
Age is associated with death, and occurs more often with diabetes
An increase in weight was recorded in 12 % of the others
Results in women and in men differ by 3 points
Smokers had lower HDL than the others
Participants with increased BMI were older
HDL was lower in smokers
Weight increases with age
Reduced mobility was recorded in 12 persons
Prescribed drugs were counted once
Higher coffee intake co-occurs with higher HDL
Ratio 1.42 (95 % CI 1.20 to 1.68)
At least 7 of these 12 are associated (95 %, however they were picked); bias is not excluded
Adjusted for age and sex
Beneficiaries of the scheme; harmonised codes
This pair was observed together in 14 records
Parmi 4 812 personnes, une BPCO est notée chez 12,1 % des fumeurs et 4,9 % des autres
Une association n'est pas une causalité
Aucune interprétation causale n'est possible
Cette association peut être due à la confusion, à la sélection, à la mesure ou au hasard
Un entraînement sportif est noté chez 12 personnes
Le poids augmente avec l'âge
Les bénéficiaires du régime général
Un risque réduit a été noté chez les femmes
En effet, le rapport est de 1,4
Hypothèses, pas des causalités
Une corrélation ne prouve pas de causalité
""".strip().splitlines()

ALLOWED = """
Adjusting for age did not cause convergence problems
Cause of death was recorded
Underlying causes of death
All-cause mortality and cause-specific mortality
Adverse effects were counted
Side effects by drug
Not shown to cause falls
Not shown to cause harm
12 rows were left out due to missing values
Random effects by site; effect sizes; an effect modifier
Data protection officer
La cause de décès est connue
Mortalité toutes causes
Les effets indésirables sont comptés
La protection des données
La taille d'effet
Standard errors by the influence function
Causal diagram of H-1; a random common cause was added
Diagramme causal, cause commune
""".strip().splitlines()


@pytest.mark.parametrize("text", CLAIMS)
def test_a_claim_fails(text: str) -> None:
    assert lint(text).verdict is Verdict.FAIL


@pytest.mark.parametrize("text", NEUTRAL)
def test_a_neutral_sentence_passes(text: str) -> None:
    found = lint(text)
    assert (found.verdict, found.hits) == (Verdict.PASS, ())


@pytest.mark.parametrize("text", ALLOWED)
def test_a_fixed_term_passes_and_is_told(text: str) -> None:
    found = lint(text)
    assert found.verdict is Verdict.PASS_ALLOWLIST
    assert all(hit.allowed for hit in found.hits)


@pytest.mark.parametrize("text", ALLOWED)
def test_a_fixed_term_allows_nothing_beside_itself(text: str) -> None:
    assert lint(text + ". Coffee causes cancer").verdict is Verdict.FAIL


@pytest.mark.parametrize(
    "disguised",
    [
        "Coffee саuses cancer",
        "Coffee c\u200bau\u00adses cancer",
        "Coffee ｃａｕｓｅｓ cancer",
        "COFFEE CAUSES CANCER",
        "Coffee 𝐜𝐚𝐮𝐬𝐞𝐬 cancer",
        "Coffee cáusës cancer",
        "Coffee leads\u00a0\n to cancer",
        "Coffee-induced cancer",
        "Coffee‑induced cancer",
        "Le cafe entraine un cancer",
        "LE CAFÉ PROTÈGE",
        "cοffee leαds tο cancer",
    ],
)
def test_a_disguise_changes_nothing(disguised: str) -> None:
    assert lint(disguised).verdict is Verdict.FAIL


@given(st.sampled_from(CLAIMS), st.lists(st.tuples(st.integers(0, 200), st.sampled_from("\u200b\u00ad\u2060\ufeff"))))
def test_invisible_characters_anywhere_change_no_verdict(text: str, inserted: list[tuple[int, str]]) -> None:
    for place, character in inserted:
        text = text[: place % (len(text) + 1)] + character + text[place % (len(text) + 1) :]
    assert lint(unicodedata.normalize("NFD", text)).verdict is Verdict.FAIL


@given(st.text(max_size=80))
def test_every_place_points_into_the_text_and_any_text_is_judged(text: str) -> None:
    plain, places = normalise(text)
    assert len(plain) == len(places)
    assert all(0 <= place < len(text) for place in places)
    assert places == sorted(places)
    assert lint(text).verdict in Verdict


def test_a_hit_tells_where_it_stands_in_the_text_as_given() -> None:
    text = "In 12 persons,  coffee c\u00adauses cancer"
    (hit,) = lint(text).hits
    assert text[hit.start : hit.end] == hit.text == "c\u00adauses"
    assert (hit.rule, hit.tier, hit.allowed) == ("cause", Tier.CAUSAL, False)


def test_each_tier_is_told() -> None:
    assert {hit.tier for hit in lint("Coffee causes harm").hits} == {Tier.CAUSAL}
    assert {hit.tier for hit in lint("Patients should rest").hits} == {Tier.ACTION}
    assert {hit.tier for hit in lint("They would have lived").hits} == {Tier.COUNTERFACTUAL}


@pytest.mark.parametrize(
    ("text", "context", "verdict"),
    [
        ("Protocol will estimate the average causal effect", "protocol.estimand", Verdict.PASS_IN_PROTOCOL),
        ("Protocol will estimate the average causal effect", FINDING, Verdict.FAIL),
        ("Protocol will estimate the average causal effect", "protocol.rationale", Verdict.FAIL),
        ("Those who would stop taking X at day 0", "protocol.target_trial.strategies", Verdict.PASS_IN_PROTOCOL),
        ("Mean weight at 10 years", "protocol.estimand", Verdict.PASS),
        ("effect_size", "column_name", Verdict.FAIL),
        ("effectSize", "json_key", Verdict.FAIL),
        ("riskFactor.csv", "file_name", Verdict.FAIL),
        ("or_crude", "column_name", Verdict.PASS),
        ("adverse_effects", "column_name", Verdict.PASS_ALLOWLIST),
        ("caUses", "column_name", Verdict.FAIL),
    ],
)
def test_the_context_decides_what_may_be_said(text: str, context: str, verdict: Verdict) -> None:
    assert lint(text, context).verdict is verdict


def test_a_quoted_title_of_a_person_is_theirs_and_only_in_quotation_marks() -> None:
    title = "Coffee causes cancer"
    assert lint(f"Hypothesis « {title} » by A. Martin", quoted=[title]).verdict is Verdict.PASS_ALLOWLIST
    assert lint(f"Hypothesis “{title}” by A. Martin", quoted=[title]).verdict is Verdict.PASS_ALLOWLIST
    assert lint(f"We found: {title}", quoted=[title]).verdict is Verdict.FAIL


def test_an_export_with_a_generated_claim_is_blocked_with_its_place() -> None:
    with pytest.raises(CausalLanguage) as caught:
        lint_export([Passage(where="table 1", text="fine"), Passage(where="figure 2", text="Coffee reduces falls")])
    assert caught.value.values == {"where": "figure 2", "words": "reduces"}


def test_what_people_type_is_reported_and_not_blocked() -> None:
    report = lint_export(
        [Passage(where="note", text="Le café protège", generated=False), Passage(where="row", text="associated")]
    )
    assert report.to_dict() == {
        "n": 2,
        "items": [{"where": "note", "verdict": "fail", "words": ["protège"], "generated": False}],
    }


def test_a_long_hostile_text_is_judged_in_reasonable_time() -> None:
    for text in ("if " * 20_000, "does a " * 10_000 + "?", "si " * 20_000, "x" * 100_000, "reduce " * 10_000):
        started = time.process_time()
        lint(text)
        assert time.process_time() - started < 5
