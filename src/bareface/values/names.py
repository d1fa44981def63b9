"""Names of subjects: one written form, one form to compare by, and which texts are numbers instead.

A name is kept as it was typed, in Unicode's composed form (NFC), with single blanks and without invisible characters.
Two names are one where they are equal without the invisible characters that scripts need (joiners, variation
selectors), and with one kind of hyphen, apostrophe and quotation mark, which keyboards and word processors choose.
Case counts, and so do letters that only look alike: ``José`` is one person however it is typed, ``jose`` is another.

``#7`` is subject number 7 wherever a subject is asked for. So nothing that reads as a number, such as ``# 7`` or
``#07``, can be a name.
"""

from __future__ import annotations

import re
import unicodedata

from bareface.errors import UsageError
from bareface.values import arguments

LONGEST = 500
"""Characters in a name."""

# What Unicode calls default-ignorable: drawn as nothing. Joiners and variation selectors shape their neighbours.
_SHAPING = "\u200c\u200d\u180b-\u180f\ufe00-\ufe0f\U000e0020-\U000e007f\U000e0100-\U000e01ef"
_EMPTY = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0"
    "\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e001f\U000e0080-\U000e00ff\U000e01f0-\U000e0fff"
)
_WITHOUT_EMPTY = re.compile(f"[{_EMPTY}]")
_WITHOUT_INVISIBLE = re.compile(f"[{_EMPTY}{_SHAPING}]")
_BLANKS = re.compile(r"[\s\u2800]+")
_TYPED_ALIKE = str.maketrans(
    dict.fromkeys("\u02d7\u2010\u2011\u2012\u2013\u2014\u2015\u2043\u2212\ufe58\ufe63\uff0d", "-")
    | dict.fromkeys("`\u00b4\u02b9\u02bb\u02bc\u02bd\u02c8\u2018\u2019\u201b\u2032\u2035\uff07", "'")
    | dict.fromkeys("\u201c\u201d\u201e\u201f\u2033\u2036\uff02", '"')
)
_LOOK_ALIKE = str.maketrans(
    "АВЕЅІЈКМНОРСТХУаеѕіјорсухһԁԛԝΑΒΕΖΗΙΚΜΝΟΡΤΥΧανορօոսıɑɡ",
    "ABESIJKMHOPCTXYaesijopcyxhdqwABEZHIKMNOPTYXavoponuiag",
)
"""Letters of Cyrillic, Greek, Armenian and phonetic scripts, and the Latin ones that they look like."""
_NUMBER = re.compile(r"#(0|[1-9][0-9]*)")
_LIKE_A_NUMBER = re.compile(r"[#\u266f][\W_]*\d[\d\W_]*")


def written(name: str) -> str:
    """Return a name as it is kept and shown."""
    return _form(_WITHOUT_EMPTY, name).strip(" \u200c\u200d")


def key(name: str) -> str:
    """Return the form of a name that is compared: names of the same key are the same name."""
    return _form(_WITHOUT_INVISIBLE, name).translate(_TYPED_ALIKE)


def keys(name: str) -> tuple[str, str]:
    """Return the key, and what it was before layout 0008: a gallery that cannot be written to keeps that."""
    return key(name), _form(_WITHOUT_INVISIBLE, name)


def same(one: str | None, other: str | None) -> bool:
    """Tell whether two names are the same; None is the same as nothing."""
    return one is not None and other is not None and key(one) == key(other)


def appearance(name: str) -> str:
    """Return a form that different names share if a reader can hardly tell them apart."""
    letters = unicodedata.normalize("NFKD", key(name)).translate(_LOOK_ALIKE)
    return unicodedata.normalize("NFKC", letters).translate(_TYPED_ALIKE).replace(" ", "")


def checked(name: object, source: str | None = None) -> str:
    """Return a name for a subject as it is kept, or refuse it.

    Raises
    ------
    UsageError
        ``usage.name``: it is not text, empty, too long, has control characters, or reads as a number.
    """
    if not isinstance(name, str):
        raise UsageError("usage.name/kind", value=arguments.shown(name), source=source)
    shown = name if len(name) <= 60 else f"{name[:60]}..."
    if any(unicodedata.category(character) == "Cc" for character in name.strip()):
        raise UsageError("usage.name/control", name=shown, source=source)
    form = written(name)
    if not key(name):
        raise UsageError("usage.name/empty", source=source)
    if len(form) > LONGEST:
        raise UsageError("usage.name/long", name=shown, length=len(form), most=LONGEST, source=source)
    if reads_as_number(name):
        raise UsageError("usage.name/number", name=shown, source=source)
    return form


def reads_as_number(name: str) -> bool:
    """Tell whether a text can be taken for the number of a subject, and so cannot be a name."""
    return _LIKE_A_NUMBER.fullmatch(unicodedata.normalize("NFKC", key(name))) is not None


def number(text: str) -> int | None:
    """Return the number of a subject if the text is one, else None.

    >>> number("#7"), number("7"), number("Ada")
    (7, None, None)

    Raises
    ------
    UsageError
        ``usage.name``: it reads as a number, but is not written as one.
    """
    if not reads_as_number(text):
        return None
    plain = _NUMBER.fullmatch(text.strip())
    if plain is None:
        raise UsageError("usage.name/neither", text=text[:60])
    return int(plain[1]) if len(plain[1]) < 19 else 2**63 - 1  # no subject has it


def _form(left_out: re.Pattern[str], name: str) -> str:
    readable = name.encode("utf-8", "backslashreplace").decode("utf-8")  # what is not Unicode, as walking names it
    return unicodedata.normalize("NFC", _BLANKS.sub(" ", left_out.sub("", readable)).strip())
