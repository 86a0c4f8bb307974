"""How text is cut into words: the analyzers of an index. Pure.

The index keeps every word: stop words are removed from queries only (`search/clauses/stop_words.py`), so that "The Who"
is found. Forms of one character meet: apostrophes, composed and decomposed letters, width, ligatures, soft hyphens.
OpenSearch Service has the ICU plugin and a plain OpenSearch has not, so this uses built-in filters only.
"""

import unicodedata
from functools import cache
from itertools import product
from typing import Any

# Version of the analyzers, kept with each collection. 1: OpenSearch's own language analyzers, which drop stop words.
ANALYSIS_VERSION = 2

# Lucene rejects terms above 32,766 bytes; a character takes four bytes at most.
KEYWORD_LIMIT = 8191

# The analyzers of version 1 that are not OpenSearch's own.
_VERSION_1 = {"word": "alto_word", "lowercase": "alto_lowercase", "field": "alto_field", "trigram": "alto_trigram"}

# Properties whose values are names of their objects: an object whose title is the query comes first.
TITLES = frozenset({"title", "name", "headline", "subject"})
MAX_TITLE = 200

# Latin, Greek, Cyrillic, Vietnamese and kana: the scripts in which decomposed text is common (file names of macOS).
_COMPOSED_RANGES = ((0xC0, 0x250), (0x370, 0x530), (0x1E00, 0x2000), (0x3040, 0x3100))
# Presentation forms of characters: ligatures, full and half width, digits above and below the line.
_COMPATIBLE_RANGES = (
    *((0xB2, 0xB4), (0xB9, 0xBA), (0x132, 0x134), (0x1C4, 0x1CD), (0x1F1, 0x1F4), (0x587, 0x588)),
    *((0x2070, 0x208A), (0x2126, 0x212C), (0x3000, 0x3001), (0xFB00, 0xFB50), (0xFE70, 0xFEFD), (0xFF01, 0xFFEF)),
)
IDEOGRAPHIC_BLANK = 0x3000
_HALF_WIDTH_KANA = (0xFF66, 0xFF9E)
_HALF_WIDTH_MARKS = "\uff9e\uff9f"
# Quotation marks, primes, accents and letters that are typed as apostrophes.
APOSTROPHES = "\u2018\u2019\u201b\u02bb\u02bc\u02b9\u02bd\u02c8\u2032\u055a\ua78c\uff07\u0060\u00b4"
# Soft hyphen, zero-width space, marks of direction and of variants. Not U+200C and U+200D, which are part of words in
# Persian and Indic scripts.
INVISIBLE = "\u00ad\u200b\u200e\u200f\u2060\ufeff\ufe0e\ufe0f" + "".join(
    map(chr, [*range(0x202A, 0x202F), *range(0x2066, 0x206A)])
)
# Letters of one sound that Unicode keeps apart: ligatures, the final sigma, the long s; and the sharp sign of music.
_SAME = {
    "\u0153": "oe",
    "\u0152": "OE",
    "\u00e6": "ae",
    "\u00c6": "AE",
    "\u017f": "s",
    "\u1e9e": "\u00df",
    "\u03c2": "\u03c3",
    "\u00b5": "\u03bc",
    "\u266f": "#",
}

# The token filters of each language after its char filters, without stop words.
_LANGUAGES: dict[str, list[str]] = {
    "arabic": ["lowercase", "decimal_digit", "arabic_normalization", "alto_stem_arabic"],
    "armenian": ["lowercase", "alto_stem_armenian"],
    "basque": ["lowercase", "alto_stem_basque"],
    "bengali": ["lowercase", "decimal_digit", "indic_normalization", "bengali_normalization", "alto_stem_bengali"],
    "brazilian": ["lowercase", "alto_stem_brazilian"],
    "bulgarian": ["lowercase", "alto_stem_bulgarian"],
    "catalan": ["alto_elision_catalan", "lowercase", "alto_stem_catalan"],
    "cjk": ["cjk_width", "lowercase", "cjk_bigram"],
    "czech": ["lowercase", "alto_stem_czech"],
    "danish": ["lowercase", "alto_stem_danish"],
    "dutch": ["lowercase", "alto_stem_dutch"],
    "english": ["alto_stem_possessive_english", "lowercase", "alto_stem_english"],
    "estonian": ["lowercase", "alto_stem_estonian"],
    "finnish": ["lowercase", "alto_stem_finnish"],
    "french": ["alto_elision_french", "lowercase", "alto_stem_light_french"],
    "galician": ["lowercase", "alto_stem_galician"],
    "german": ["lowercase", "german_normalization", "alto_stem_light_german"],
    "greek": ["alto_lowercase_greek", "alto_stem_greek"],
    "hindi": ["lowercase", "decimal_digit", "indic_normalization", "hindi_normalization", "alto_stem_hindi"],
    "hungarian": ["lowercase", "alto_stem_hungarian"],
    "indonesian": ["lowercase", "alto_stem_indonesian"],
    "irish": ["alto_elision_irish", "alto_lowercase_irish", "alto_stem_irish"],
    "italian": ["alto_elision_italian", "lowercase", "alto_stem_light_italian"],
    "latvian": ["lowercase", "alto_stem_latvian"],
    "lithuanian": ["lowercase", "alto_stem_lithuanian"],
    "norwegian": ["lowercase", "alto_stem_norwegian"],
    "persian": ["lowercase", "decimal_digit", "arabic_normalization", "persian_normalization"],
    "portuguese": ["lowercase", "alto_stem_light_portuguese"],
    "romanian": ["lowercase", "alto_stem_romanian"],
    "russian": ["lowercase", "alto_stem_russian"],
    "sorani": ["sorani_normalization", "lowercase", "decimal_digit", "alto_stem_sorani"],
    "spanish": ["lowercase", "alto_stem_light_spanish"],
    "swedish": ["lowercase", "alto_stem_swedish"],
    "thai": ["lowercase", "decimal_digit"],
    "turkish": ["apostrophe", "alto_lowercase_turkish", "alto_stem_turkish"],
}
_ELISIONS = {
    "catalan": ["d", "l", "m", "n", "s", "t"],
    "french": ["l", "m", "t", "qu", "n", "s", "j", "d", "c", "jusqu", "quoiqu", "lorsqu", "puisqu"],
    "irish": ["d", "m", "b"],
    "italian": "c l all dall dell nell sull coll pell gl agl dagl degl negl sugl un m t s v d".split(),  # noqa: SIM905
}
# What is not cut by Unicode's rules: tokenizer and token filters.
_OTHERS: dict[str, tuple[str, list[str]]] = {
    "word": ("alto_word", ["alto_signs", "lowercase", "alto_term"]),
    "lowercase": ("whitespace", ["lowercase", "alto_term"]),
    "whitespace": ("whitespace", ["alto_term"]),
    "field": ("keyword", ["trim", "alto_term"]),
    "trigram": ("alto_trigram", ["lowercase"]),
}
# Signs that belong to a name become letters of rare scripts, one for one, so that highlights stay in their places:
# `C++` is one word, found before `C`, and by `C` as well since its parts are cut. A dot between letters is a joint of a
# name, `www.example.com`: as an underline it is one word until its parts are cut.
_PLUS, _SHARP, _DOT = "\u1429", "\u01c2", "\ua4f8"
# Each pattern begins with its sign, which is rare, and looks back for the name: a third of the time of patterns that
# begin at every letter.
_NAME = r"(?<![\p{L}\p{N}_])[\p{L}\p{N}]{1,20}"
_SIGNED_NAMES = {
    "alto_plus_before": (rf"\+(?<={_NAME}\+)\+(?=[\p{{L}}\p{{N}}])", f"{_PLUS}{_PLUS} "),
    "alto_plus": (rf"\+(?<={_NAME}\+)\+(?!\+)", f"{_PLUS}{_PLUS}"),
    "alto_sharp": (r"#(?<=(?<![\p{L}\p{N}_])\p{L}{1,20}#)(?![#\p{L}\p{N}])", _SHARP),
    "alto_dot": (r"\.(?<![^\s(\[{\"']\.)(?=\p{L}{2,20}(?![\p{L}\p{N}_]|\.[\p{L}\p{N}]))", _DOT),
    "alto_joint": (r"\.(?<=\p{L}{2}\.)(?=\p{L}{2})", "_"),
}
_SIGNS: dict[str, Any] = {
    "type": "word_delimiter",
    "preserve_original": True,
    "split_on_case_change": False,
    "split_on_numerics": False,
    "stem_english_possessive": False,
    "type_table": [f"{sign} => SUBWORD_DELIM" for sign in (_PLUS, _SHARP, _DOT)],
}
# Identifiers and names of files and hosts are cut into words, with the whole as another word at the first part's place:
# `getTableColumns`, `get_table_columns`. What else joins the characters of a word does not cut it.
_PARTS = _SIGNS | {
    "split_on_case_change": True,
    "type_table": [
        *_SIGNS["type_table"],
        *("' => ALPHA", '" => ALPHA', ". => DIGIT", ", => DIGIT", "\\u00B7 => ALPHA", "\\u05F3 => ALPHA"),
        *("\\u05F4 => ALPHA", "\\u200C => ALPHA", "\\u200D => ALPHA"),
    ],
}
_CUTTING = frozenset({"alto_parts", "alto_signs"})
# Tokenizations that keep signs and blanks in their words.
_KEEPING_SIGNS = frozenset({"lowercase", "whitespace", "field", "trigram"})


def choose_analyzer(tokenization: str, *, folding: bool, version: int) -> str:
    """Return the name of the analyzer of a property in an index with analyzers of this version."""
    if version == 1:
        return _VERSION_1.get(tokenization, tokenization)
    return f"alto_{tokenization}_folded" if folding else f"alto_{tokenization}"


def cuts_names(tokenization: str) -> bool:
    """Whether names are also indexed in their parts."""
    return tokenization not in _KEEPING_SIGNS


def choose_names_analyzer(analyzer: str) -> str:
    """Return the name of the analyzer that leaves names whole, for queries."""
    return f"{analyzer}_names"


def has_content_field(tokenization: str, version: int) -> bool:
    """Whether a property has a second field, `content`, without stop words.

    Queries without stop words search it: words that say nothing would count in the length of a text, which costs .007
    of nDCG@10 (docs/decisions/0066).
    """
    return tokenization == "english" and version > 1


@cache
def build_analysis() -> dict[str, Any]:
    """Build the `analysis` settings of an index: every analyzer, since an open index cannot get another."""
    stems = {name.removeprefix("alto_stem_") for filters in _LANGUAGES.values() for name in filters if "_stem_" in name}
    filters: dict[str, Any] = {f"alto_stem_{name}": {"type": "stemmer", "language": name} for name in sorted(stems)}
    filters |= {
        f"alto_elision_{name}": {"type": "elision", "articles": articles, "articles_case": True}
        for name, articles in _ELISIONS.items()
    }
    filters |= {
        f"alto_lowercase_{name}": {"type": "lowercase", "language": name} for name in ("greek", "irish", "turkish")
    }
    filters |= {"alto_parts": _PARTS, "alto_signs": _SIGNS}
    # One endless word must not make OpenSearch reject its object.
    filters["alto_term"] = {"type": "truncate", "length": KEYWORD_LIMIT}
    lowercase = ["lowercase", "trim"]
    analyzers: dict[str, Any] = {}
    for tokenization in [*_OTHERS, *_LANGUAGES]:
        analyzers[f"alto_{tokenization}"] = _build_analyzer(tokenization, folding=False)
        analyzers[f"alto_{tokenization}_folded"] = _build_analyzer(tokenization, folding=True)
        if cuts_names(tokenization):
            for name in (f"alto_{tokenization}", f"alto_{tokenization}_folded"):
                whole = [each for each in analyzers[name]["filter"] if each not in _CUTTING]
                analyzers[choose_names_analyzer(name)] = analyzers[name] | {"filter": whole}
    for name in ("alto_english", "alto_english_folded"):
        # Before the stemmer, as in OpenSearch's own analyzer.
        filters_of = [
            each
            for step in analyzers[name]["filter"]
            for each in ((step,) if step != "alto_stem_english" else ("stop", step))
        ]
        analyzers[f"{name}_content"] = analyzers[name] | {"filter": filters_of}
    return {
        "char_filter": {
            "alto_forms": {"type": "mapping", "mappings": list_mappings()},
            "alto_zero_width": {"type": "mapping", "mappings": [r"\u200C=>\u0020"]},
            "alto_blanks": {"type": "pattern_replace", "pattern": r"\s+", "replacement": " "},
        }
        | {
            name: {"type": "pattern_replace", "pattern": pattern, "replacement": replacement}
            for name, (pattern, replacement) in _SIGNED_NAMES.items()
        },
        "tokenizer": {
            "alto_word": {"type": "pattern", "pattern": r"[^\p{L}\p{M}\p{N}]+"},
            "alto_trigram": {"type": "ngram", "min_gram": 3, "max_gram": 3, "token_chars": ["letter", "digit"]},
        },
        "filter": filters,
        "analyzer": analyzers,
        "normalizer": {
            "alto_whole": {"type": "custom", "char_filter": ["alto_forms", "alto_blanks"], "filter": lowercase},
            "alto_whole_folded": {
                "type": "custom",
                "char_filter": ["alto_forms", "alto_blanks"],
                "filter": [*lowercase, "asciifolding"],
            },
        },
    }


def _build_analyzer(tokenization: str, *, folding: bool) -> dict[str, Any]:
    if tokenization in _OTHERS:
        tokenizer, filters = _OTHERS[tokenization]
    else:
        tokenizer = "thai" if tokenization == "thai" else "standard"
        filters = ["alto_parts", *_LANGUAGES[tokenization]]
    signs = [] if tokenization in _KEEPING_SIGNS else list(_SIGNED_NAMES)
    zero_width = ["alto_zero_width"] if tokenization == "persian" else []
    return {
        "type": "custom",
        "char_filter": ["alto_forms", *zero_width, *signs],
        "tokenizer": tokenizer,
        "filter": fold_filters(filters) if folding else filters,
    }


def fold_filters(filters: list[str]) -> list[str]:
    """Return the token filters with accents removed.

    Before the stemmer, which otherwise cuts `cafe` and `café` differently (German, Danish), and after it, for letters
    that a language lowercases to others (Turkish). Names are cut first.
    """
    cutting = [each for each in filters if each in _CUTTING]
    return [*cutting, "asciifolding", *(each for each in filters if each not in _CUTTING), "asciifolding"]


@cache
def list_mappings() -> list[str]:
    """Return the rules of the char filter that makes forms of one character equal."""
    forms: dict[str, str] = dict.fromkeys(APOSTROPHES, "'") | dict.fromkeys(INVISIBLE, "") | _SAME
    for code in (code for each in _COMPATIBLE_RANGES for code in range(*each)):
        meaning = unicodedata.normalize("NFKC", chr(code))
        # A mark that Unicode writes with a blank before it would cut its word.
        if " " not in meaning or code == IDEOGRAPHIC_BLANK:
            forms.setdefault(chr(code), meaning)
    for kana, mark in product(map(chr, range(*_HALF_WIDTH_KANA)), _HALF_WIDTH_MARKS):
        if len(composed := unicodedata.normalize("NFKC", kana + mark)) == 1:
            forms[kana + mark] = composed
    for first, end in _COMPOSED_RANGES:
        for code in range(first, end):
            forms |= _list_decompositions(chr(code))
    return [f"{_escape(form)}=>{_escape(meaning)}" for form, meaning in forms.items() if form != meaning]


def _list_decompositions(character: str) -> dict[str, str]:
    """Return the spellings of a composed character, e.g. a letter and two marks, or a character of the same form."""
    parts = unicodedata.normalize("NFD", character)
    composed = unicodedata.normalize("NFC", parts)
    if parts == character:
        return {}
    if composed != character:
        return {character: composed}
    spellings = {parts: character}
    half = unicodedata.normalize("NFC", parts[:2])
    if len(parts) == 3 and len(half) == 1:
        spellings[half + parts[2]] = character
    return spellings


def _escape(text: str) -> str:
    # Blanks and backslashes mean something in a rule, and combining marks would be lost to editors.
    return "".join(f"\\u{ord(character):04X}" if not character.isalnum() else character for character in text)
