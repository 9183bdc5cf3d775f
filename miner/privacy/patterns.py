"""Shapes and check digits of direct identifiers: French social security number, IBAN, Luhn numbers, telephone, e-mail.

>>> is_nir("2 84 05 88 191 031 46"), is_nir("2 84 05 88 191 031 47")
(True, False)
>>> passes_luhn("79927398713")
True
"""

from __future__ import annotations

import re

_NIR_SHAPE = r"[1-478]\d{2}(?:0[1-9]|1[0-2]|2\d|3[0-9]|4[0-2]|[5-9]\d)(?:\d{2}|2[ABab])\d{6}"
NIR_15 = re.compile(rf"^{_NIR_SHAPE}\d{{2}}$")
NIR_13 = re.compile(rf"^{_NIR_SHAPE}$")
# In running text the groups of a social security number may be parted by blanks, points or dashes.
_SEP = r"[\s.\u00a0\u202f-]?"
NIR_IN_TEXT = re.compile(
    rf"(?<![0-9A-Za-z])[1-478]{_SEP}\d{{2}}{_SEP}\d{{2}}{_SEP}(?:\d{{2}}|2[ABab]){_SEP}\d{{3}}{_SEP}\d{{3}}"
    rf"{_SEP}\d{{2}}(?![0-9A-Za-z])"
)
EMAIL = re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}")
PHONE = re.compile(
    r"(?<![\d.])(?:(?:\+|00)\s?33\s?(?:\(0\))?[\s.-]?[1-9]|0[1-9])(?:[\s.\u00a0\u202f-]?\d{2}){4}(?!\d)"
    r"|(?<![\d.])\+\d{1,3}[\s.-]?\(?\d{1,4}\)?(?:[\s.-]?\d{2,4}){2,4}(?!\d)"
    r"|(?<![\d.-])\(?[2-9]\d{2}\)?[\s.-]\d{3}[\s.-]\d{4}(?!\d)"
)
IBAN = re.compile(r"(?<![A-Z0-9])[A-Z]{2}\d{2}(?:[ \u00a0]?[A-Z0-9]{4}){2,7}(?:[ \u00a0]?[A-Z0-9]{1,4})?(?![A-Z0-9])")
URL = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
IPV4 = re.compile(r"(?<![\d.])(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)(?![\d.])")
PLATE = re.compile(r"(?<![A-Z0-9])[A-HJ-NP-TV-Z]{2}[- ]\d{3}[- ][A-HJ-NP-TV-Z]{2}(?![A-Z0-9])")
UUID = re.compile(r"^\{?[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\}?$")
CARD = re.compile(r"^[3-6]\d{3}[ -]?\d{4}[ -]?\d{4}[ -]?\d{4}$")
ADDRESS = re.compile(
    r"\b\d{1,4}\s?(?:bis|ter|quater)?,?\s+(?:rue|avenue|av\.?|boulevard|bd\.?|place|pl\.?|chemin|ch\.|all[ée]es?|impasse|route"
    r"|quai|cours|square|r[ée]sidence|street|st\.|road|rd\.|lane|drive)\b",
    re.IGNORECASE,
)
# Honorific or role, then a capitalised name: "Mme Martin", "Dr LE GALL", "M. Jean Dupont".
_NAME = r"[A-ZÀ-ÖØ-Þ][A-Za-zÀ-ÖØ-öø-ÿ'’-]+"
TITLED_NAME = re.compile(
    rf"\b(?:M\.|Mr\.?|Mme\.?|Mlle\.?|Monsieur|Madame|Mademoiselle|Dr\.?|Docteur|Pr\.?|Professeur|Mrs\.?|Ms\.?|Doctor)\s+{_NAME}"
)
BORN = re.compile(
    r"(?:\bn[ée]{1,2}e?\s*(?:\(e\))?\s+le|\bDDN\b|date de naissance|\bborn(?: on)?|\bDOB\b)"
    r"\s*:?\s*\d{1,2}[\s/.-]\w{1,9}[\s/.-]\d{2,4}",
    re.IGNORECASE,
)
RECORD_NUMBER = re.compile(
    r"\b(?:IPP|IEP|NDA|NIP|MRN|RPPS|ADELI|FINESS|NIR|INS|NSS|dossier|record)\s*(?:n[°ºo]\.?|num[ée]ro|number|no\.?)?\s*[:#=]?\s*"
    r"(?=[A-Z0-9-]*\d)[A-Z0-9][A-Z0-9-]{4,}",
    re.IGNORECASE,
)


def compact(value: str) -> str:
    """The value without blanks, points and dashes, in capitals."""
    return re.sub(r"[\s.\u00a0\u202f\u2009-]", "", value).upper()


def is_nir(value: str) -> bool:
    """True for a French social security number of 15 signs with the right key (97 - first thirteen mod 97)."""
    digits = compact(value)
    if not NIR_15.match(digits):
        return False
    # Corsican departments: 2A counts as 19, 2B as 18.
    body = digits[:13].replace("2A", "19").replace("2B", "18")
    return body.isascii() and body.isdigit() and int(digits[13:]) == 97 - int(body) % 97


def is_nir_without_key(value: str) -> bool:
    """True for thirteen signs shaped like a social security number: sex, year, plausible month and department."""
    digits = compact(value)
    # Drug codes (CIP13) begin with 34009, which would otherwise read as a person born in September 1940.
    return bool(NIR_13.match(digits)) and digits[5:7] != "00" and not digits.startswith("34009")


def passes_luhn(digits: str) -> bool:
    """True where the last digit is the Luhn check digit of the others (RPPS, FINESS, payment cards)."""
    if not (digits.isascii() and digits.isdigit()) or len(digits) < 2:
        return False
    total = 0
    for place, sign in enumerate(reversed(digits)):
        digit = int(sign) * (1 + place % 2)
        total += digit - 9 if digit > 9 else digit
    return total % 10 == 0


def is_iban(value: str) -> bool:
    """True for an international bank account number: shape and remainder 1 modulo 97."""
    text = re.sub(r"[ \u00a0]", "", value).upper()
    if not re.fullmatch(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}", text):
        return False
    return int("".join(str(int(sign, 36)) for sign in text[4:] + text[:4])) % 97 == 1


def identifiers_within(text: str) -> frozenset[str]:
    """The rules (IMP-1, IMP-3, IMP-4, IMP-6, IMP-8) whose identifiers occur inside running text."""
    found = set()
    if any(is_nir(match.group()) for match in NIR_IN_TEXT.finditer(text)):
        found.add("IMP-1")
    if RECORD_NUMBER.search(text):
        found.add("IMP-3")
    if (
        EMAIL.search(text)
        or PHONE.search(text)
        or URL.search(text)
        or IPV4.search(text)
        or PLATE.search(text)
        or any(is_iban(match.group()) for match in IBAN.finditer(text))
    ):
        found.add("IMP-4")
    if TITLED_NAME.search(text) or ADDRESS.search(text):
        found.add("IMP-6")
    if BORN.search(text):
        found.add("IMP-8")
    return frozenset(found)
