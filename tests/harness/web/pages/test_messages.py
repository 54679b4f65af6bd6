"""Texts in five languages: the same keys and placeholders, every code and reason, nothing left in English."""

from __future__ import annotations

import re
from string import Formatter

import pytest

from softeid.emulator.mistake import FileError
from softeid.harness.registration.vocabulary import Code, Reason
from softeid.harness.web import messages as module
from softeid.harness.web.messages import LANGUAGES, SOURCE, messages, text
from softeid.harness.web.pages.portal import WAITS, WEB_EID_ERRORS

OTHERS = [language for language in LANGUAGES if language != SOURCE]
ALIKE = {"HTTP 500", "OCSP", "Mobile-ID", "+ {n} min", "+ {n} h", "+ {n} d"}
"""Names and units that are the same everywhere."""
ENGLISH = re.compile(r"\b(the|and|of|you|your|is|was|with|not|for)\b", re.IGNORECASE)
NAMES = re.compile(r"softeid|Web eID|PIN\d?|PUK|ID|https?|cookie|name@example\.test")
LETTERS = {"et": "õäöü", "lv": "āēģīķļņšūž", "lt": "ąčęėįšųūž"}


def placeholders(told: str) -> set[str]:
    """Their names."""
    return {name for _, name, _, _ in Formatter().parse(told) if name}


@pytest.mark.parametrize("language", OTHERS)
def test_every_language_has_the_keys_and_placeholders_of_english(language: str) -> None:
    english, other = messages(SOURCE), messages(language)
    assert english.keys() ^ other.keys() == set()
    assert [key for key in english if placeholders(english[key]) != placeholders(other[key])] == []
    assert [key for key in english if english[key].count("**") != other[key].count("**")] == []


@pytest.mark.parametrize("language", OTHERS)
def test_nothing_is_left_in_english(language: str) -> None:
    english, other = messages(SOURCE), messages(language)
    worded = {key for key in english if re.search(r"[A-Za-z]{2}", re.sub(r"\{\w+\}", "", english[key]))}
    assert [key for key in worded if other[key] == english[key] and english[key] not in ALIKE] == []
    words = {key: re.sub(r"\{\w+\}", "", told) for key, told in other.items()}
    assert [key for key, told in words.items() if len(ENGLISH.findall(told)) > 1] == []


@pytest.mark.parametrize("language", OTHERS)
def test_a_language_is_written_in_its_own_letters(language: str) -> None:
    texts = [told for key, told in messages(language).items() if key.startswith(("portal.", "error."))]
    whole = "".join(texts).lower()
    if language == "ru":
        bare = [NAMES.sub("", re.sub(r"\{\w+\}", "", told)) for told in texts]
        assert [told for told in bare if re.search("[A-Za-z]{2}", told)] == []
        assert "ё" in whole
    else:
        assert [letter for letter in LETTERS[language] if letter not in whole] == []
        assert not re.search("[а-яё]", whole)


@pytest.mark.parametrize("language", LANGUAGES)
def test_texts_are_typeset(language: str) -> None:
    for key, told in messages(language).items():
        assert told == told.strip(), key
        assert "  " not in told, key
        assert "'" not in told, f"{key}: a straight apostrophe"
        assert "..." not in told, key
        assert told.count("**") % 2 == 0, key


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_code_can_be_explained_to_anybody(language: str) -> None:
    texts = messages(language)
    for code in Code:
        title, means, todo = (texts[f"error.{code}.{part}"] for part in ("title", "means", "todo"))
        assert not title.endswith("."), code
        assert means.endswith("."), code
        assert todo.endswith("."), code
        assert not any(placeholders(told) for told in (title, means, todo)), code
    known = {key.split(".")[1] for key in texts if key.startswith("error.")}
    assert known == {str(code) for code in Code}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_reason_state_and_failure_has_words(language: str) -> None:
    texts = messages(language)
    for reason in Reason:
        assert not texts[f"portal.closed-{reason}.title"].endswith("."), reason
        assert texts[f"portal.closed-{reason}.means"].endswith("."), reason
    assert [state for state in WAITS if f"portal.phone-{state}" not in texts] == []
    assert [error for error in WEB_EID_ERRORS if not texts[f"portal.{error}"].endswith(".")] == []


@pytest.mark.covers("SID-RCD-022")
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_used_code_is_told_as_a_wrong_one(language: str) -> None:
    texts = messages(language)
    assert "error.RC_USED.title" not in texts
    for part in ("title", "means"):
        assert texts[f"portal.closed-RC_USED.{part}"] == texts[f"portal.closed-RC_WRONG.{part}"]


def test_a_text_as_plain_characters() -> None:
    assert text("en", "portal.review-slab-new", device="X") == "A new account will be made on the phone X"
    with pytest.raises(KeyError):
        text("en", "portal.review-slab-new")
    with pytest.raises(KeyError):
        text("en", "portal.no-such-text")


def test_an_unknown_language_names_those_that_there_are() -> None:
    with pytest.raises(KeyError, match="no language 'fi'; there are et, lv, lt, ru, en"):
        messages("fi")


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("a: ''\n", "en/made.yaml:1:4: expected a text for a"),
        ("- a\n", "en/made.yaml:1:1: expected keys with texts"),
        ("a: b\na: c\n", "en/made.yaml:2"),
    ],
)
def test_a_wrong_file_of_texts_is_told_with_its_place(
    written: str, told: str, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path_factory.mktemp("messages")
    (root / "en").mkdir()
    (root / "en" / "made.yaml").write_text(written, encoding="utf-8")
    monkeypatch.setattr(module, "files", lambda _: root)
    messages.cache_clear()
    try:
        with pytest.raises(FileError) as wrong:
            messages("en")
        assert told in str(wrong.value)
    finally:
        messages.cache_clear()
