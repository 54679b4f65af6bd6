"""What people read, in five languages: one flat file of texts for each language and group.

A text `save: Save` in `en/phone.yaml` has the key `phone.save`. `{name}` in it is filled in by whoever asks;
`**word**` is what a page prints bold. English is the source: every language has its keys and placeholders.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from softeid.emulator.mistake import FileError, Mark, Mistake
from softeid.emulator.yaml_text import Map, Text, describe, documents

LANGUAGES: Mapping[str, str] = MappingProxyType(
    {"et": "Eesti", "lv": "Latviešu", "lt": "Lietuvių", "ru": "Русский", "en": "English"}
)
"""Each language by its ISO 639-1 code, and what it calls itself."""

SOURCE = "en"


@cache
def messages(language: str) -> Mapping[str, str]:
    """Every text of a language by its key, `group.name`.

    Raises:
        KeyError: it is none of ours.
        FileError: a file of texts is wrong; the message says where.
    """
    if language not in LANGUAGES:
        raise KeyError(f"no language {language!r}; there are {', '.join(LANGUAGES)}")
    mistakes: list[Mistake] = []
    found = dict(_texts(language, mistakes))
    if mistakes:
        raise FileError(mistakes)
    return MappingProxyType(found)


def text(language: str, key: str, /, **values: object) -> str:
    """One text as plain characters, filled in.

    Raises:
        KeyError: no such language or text, or a placeholder has no value.
    """
    return messages(language)[key].replace("**", "").format(**values)


def _texts(language: str, mistakes: list[Mistake]) -> Iterator[tuple[str, str]]:
    for file in sorted((files(__package__) / language).iterdir(), key=lambda one: one.name):
        if not file.name.endswith(".yaml"):
            continue
        where = f"{language}/{file.name}"
        for document in documents(file.read_bytes(), where, mistakes, "texts"):
            if not isinstance(document, Map):
                mistakes.append(Mistake(Mark(where, 1, 1), "keys with texts", describe(document)))
                continue
            for name, value in document.items():
                if isinstance(value, Text) and value.strip():
                    yield f"{file.name.removesuffix('.yaml')}.{name}", str(value)
                else:
                    found = describe(value)
                    mistakes.append(Mistake(value.mark, f"a text for {name}", found))
