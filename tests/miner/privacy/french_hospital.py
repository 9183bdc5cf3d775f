"""A made-up export of a French hospital, latin-1 and semicolons, with planted identifiers. No real person is in it."""

from __future__ import annotations

import random
from dataclasses import dataclass

FIRST = ["Claire", "Julien", "Zoé", "Élodie", "Jean-Pierre", "Fatima", "Loïc", "Hélène", "Marc", "Inès", "Thierry"]
LAST = ["DURAND", "Lefèvre", "MARTIN", "Le Gall", "Nguyen", "Petit", "BENALI", "O'Connor", "Girard", "Mérieux"]
STREETS = ["rue de la République", "avenue Foch", "chemin des Vignes", "bd Voltaire", "place du Marché"]
CLEAN = [
    "Patient stable, pas de plainte ce jour",
    "Douleur thoracique atypique, ECG normal, sortie demain",
    "Bon état général, poids 72 kg, tension 130/80",
    "Contrôle à 3 mois, bilan biologique demandé",
    "Introduction de l'aspirine 75 mg par jour",
    "Pas d'allergie connue, tabac sevré depuis 2012",
]


@dataclass(frozen=True)
class Export:
    """The file, what must be found per column, and the data rows whose free text holds an identifier."""

    data: bytes
    direct: dict[str, str]
    look_alikes: tuple[str, ...]
    planted_rows: tuple[int, ...]


def nir(rng: random.Random) -> str:
    department = rng.choice(["75", "13", "2A", "2B", "59", "97"])
    body = f"{rng.choice('12')}{rng.randrange(30, 99):02d}{rng.randrange(1, 13):02d}{department}"
    body += f"{rng.randrange(1, 990):03d}{rng.randrange(1, 999):03d}"
    number = int(body.replace("2A", "19").replace("2B", "18"))
    return f"{body}{97 - number % 97:02d}"


def with_luhn(body: str) -> str:
    total = 0
    for place, sign in enumerate(reversed(body)):
        digit = int(sign) * (2 if place % 2 == 0 else 1)
        total += digit - 9 if digit > 9 else digit
    return f"{body}{-total % 10}"


def iban(rng: random.Random) -> str:
    account = "".join(rng.choice("0123456789") for _ in range(23))
    digits = account + "".join(str(int(sign, 36)) for sign in "FR") + "00"
    return f"FR{98 - int(digits) % 97:02d}{account}"


def export(n: int = 240, seed: int = 1) -> Export:
    """n persons; one free-text cell in twelve holds an identifier, of eight kinds in turn."""
    rng = random.Random(seed)
    header = [
        "NIR", "num_secu_sans_cle", "IPP", "num_dossier", "nom_usuel", "prénom", "adresse", "telephone", "mail", "rib",
        "RPPS_medecin", "finess_etab", "date_naissance", "date_deces", "code_postal", "latitude", "commentaire",
        "code_cip13", "num_echantillon", "diag_cim10", "loinc", "creatinine", "ghm", "sexe", "poids", "score",
    ]  # fmt: skip
    rows, planted = [], []
    used: set[str] = set()
    for row in range(1, n + 1):
        number = nir(rng)
        spaced = " ".join([number[:1], number[1:3], number[3:5], number[5:7], number[7:10], number[10:13], number[13:]])
        first, last = rng.choice(FIRST), rng.choice(LAST)
        phone = (
            "0"
            + rng.choice("1234567")
            + "".join(f"{rng.choice([' ', '.', ''])}{rng.randrange(100):02d}" for _ in range(4))
        )
        note = f"{rng.choice(CLEAN)}, séjour {rng.randrange(2, 9)} jours, dose {rng.randrange(100)} mg"
        if row % 12 == 0:
            planted.append(row)
            note = [
                f"Appeler la fille au {phone} avant la sortie",
                f"Mme {last.title()} est venue seule",
                f"NIR {spaced} à vérifier",
                f"Courrier envoyé à {first.lower().replace('é', 'e')}.x@hopital.fr ce jour",
                f"Adressé par le Dr {last.title()} pour bilan",
                f"IPP 80{row:06d} fusionné avec un ancien dossier",
                f"Née le {rng.randrange(1, 28):02d}/04/19{rng.randrange(30, 99)} à Lyon, suivie depuis",
                f"Habite {rng.randrange(1, 99)} rue Victor Hugo avec sa sœur",
            ][(row // 12) % 8]  # fmt: skip
        sample = str(rng.randrange(10**9, 10**10))
        while sample in used:
            sample = str(rng.randrange(10**9, 10**10))
        used.add(sample)
        rows.append([
            spaced if row % 3 else number, number[:13], f"80{row:06d}", f"D{row:07d}", last, first,
            f"{rng.randrange(1, 200)} {rng.choice(STREETS)}", phone, f"{first[0].lower()}{row}@exemple.fr", iban(rng),
            with_luhn(f"10{rng.randrange(10**8):08d}"), with_luhn(f"75{rng.randrange(10**6):06d}"),
            f"{rng.randrange(1, 29):02d}/{rng.randrange(1, 13):02d}/19{rng.randrange(30, 99)}",
            "" if row % 9 else f"{rng.randrange(13, 29):02d}/05/2021",
            rng.choice(["75011", "13005", "2A004", "01000", "59800"]),
            f"{rng.uniform(43, 49):.5f}".replace(".", ","), note,
            f"34009{rng.randrange(10**8):08d}", sample, rng.choice(["I10", "E11.9", "K92.2", "J18.9"]),
            rng.choice(["2160-0", "718-7", "4548-4"]), f"{rng.uniform(40, 160):.1f}".replace(".", ","),
            rng.choice(["05M092", "NA", "06K02Z"]), rng.choice("12"), f"{rng.uniform(45, 110):.1f}".replace(".", ","),
            str(rng.randrange(0, 15)),
        ])  # fmt: skip
    text = "\r\n".join(";".join(cells) for cells in [header, *rows]) + "\r\n"
    direct = {
        "NIR": "IMP-1", "num_secu_sans_cle": "IMP-2", "IPP": "IMP-3", "num_dossier": "IMP-3", "nom_usuel": "IMP-6",
        "prénom": "IMP-6", "adresse": "IMP-6", "telephone": "IMP-4", "mail": "IMP-4", "rib": "IMP-4",
        "RPPS_medecin": "IMP-5", "finess_etab": "IMP-5", "date_naissance": "IMP-8", "date_deces": "IMP-8",
        "code_postal": "IMP-9", "latitude": "IMP-9", "commentaire": "IMP-7",
    }  # fmt: skip
    look_alikes = (
        "code_cip13",
        "num_echantillon",
        "diag_cim10",
        "loinc",
        "creatinine",
        "ghm",
        "sexe",
        "poids",
        "score",
    )
    return Export(
        data=text.encode("latin-1", "replace"), direct=direct, look_alikes=look_alikes, planted_rows=tuple(planted)
    )
