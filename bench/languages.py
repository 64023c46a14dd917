"""What becomes of real texts of many languages: words, letters that are lost, the words themselves.

    python -m bench.languages [FOLDER] [--language de --language hi] [--write TEXTS]

FOLDER has a folder or file for each language, named by it (`de`, `hi.txt`); by default
/usr/share/locale, the translations of the programs that are installed. Of the files in it .mo
(messages), .html (without the tags) and .txt, plain or compressed, count; nothing is read twice.
Reported for each language: words by the rule `words`; letters and digits in no word by ascii and
by words, with and without `keep_digits`; words that ascii cuts; the most frequent words of 4
letters or more; and which of the expected words are missing (`EXPECTED`).
"""

from __future__ import annotations

import argparse
import html
import re
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from xw2v.errors import InputError
from xw2v.storage.files import damage_reported, decompressed, open_binary
from xw2v.text.encode import Encoder
from xw2v.text.options import TextOptions

LOCALES = Path("/usr/share/locale")
SUFFIXES = (".mo", ".html", ".txt", ".gz", ".xz", ".zst")
_MARKUP = re.compile(r"<[^<>]*>|%\(?[-+ #0-9.*$a-z_]*\)?[a-zA-Z%]|[_&~](?=\w)|\\[nt]")
_CODE = re.compile(rb"<(script|style)\b.*?</\1>", re.DOTALL | re.IGNORECASE)

# words that texts of a language have whatever they are about, with what rules of words get wrong
EXPECTED = {
    "de": "für nicht über können größe wird öffnen",
    "fr": "être déjà à fichier élément aucune l'option n'est",
    "es": "está archivo opción también número no según",
    "it": "è più può non perché dell'opzione l'opzione",
    "ca": "és fitxer no s'ha més l'opció",
    "cs": "není soubor může při být příkaz",
    "pl": "nie można błąd jest plik być więcej",
    "hu": "nem fájl és érvénytelen vagy több",
    "tr": "değil için dosya geçersiz ve bir",
    "vi": "không được tập tin và các lỗi",
    "ru": "не для файл это или ещё ошибка",
    "uk": "не файл для або помилка з'єднання об'єкт",
    "bg": "не файл за може грешка или",
    "sr": "није датотека за или грешка",
    "el": "δεν είναι αρχείο για από ή",
    "ka": "არ არის ფაილი და",
    "he": "לא קובץ של או",
    "ar": "لا ملف في من غير",
    "fa": "پرونده است نمی‌شود می‌شود",
    "hi": "नहीं है में के फ़ाइल को",
    "mr": "नाही आहे फाइल करा",
    "bn": "না ফাইল করা এবং",
    "ta": "கோப்பு இல்லை மற்றும்",
    "te": "ఫైల్ లేదు మరియు",
    "ko": "파일을 수 않습니다 없습니다",
}


class Read(NamedTuple):
    """A text by one rule.

    Attributes:
        words: tokens.
        counts: of each word.
        outside: share of letters and digits in no word.
        cut: share of words that are cut.
        notices: lines that a user would see.
    """

    words: int
    counts: dict[str, int]
    outside: float
    cut: float
    notices: list[str]


def languages(folder: Path) -> dict[str, list[Path]]:
    """The files of each language in a folder."""
    found: dict[str, list[Path]] = {}
    for path in sorted(folder.iterdir()):
        files = sorted(path.rglob("*")) if path.is_dir() else [path]
        files = [file for file in files if file.suffix in SUFFIXES and file.is_file()]
        if files:
            found.setdefault(path.name.partition(".")[0], []).extend(files)
    return found


def text_of(files: list[Path]) -> str:
    """The text of some files, a paragraph a line, none twice."""
    lines: dict[str, None] = {}
    for file in files:
        try:
            lines.update(dict.fromkeys(_lines(file)))
        except (InputError, UnicodeDecodeError, struct.error):
            continue  # of another encoding than its name says
    return "\n".join(lines)


def _lines(file: Path) -> Iterator[str]:
    with open_binary(file) as raw, damage_reported(str(file)):
        data = decompressed(raw, str(file)).read()
    if file.suffix == ".mo":
        for message in messages(data):
            yield from _MARKUP.sub("", message).splitlines()
    elif file.suffix == ".html":
        text = _MARKUP.sub(" ", _CODE.sub(b" ", data).decode())
        yield from filter(str.strip, html.unescape(text).splitlines())
    else:
        yield from data.decode().splitlines()


def messages(data: bytes) -> Iterator[str]:
    """The translations in a .mo file (GNU gettext), each with its plural forms."""
    order = "<" if data[:4] == b"\xde\x12\x04\x95" else ">"
    count, _, table = struct.unpack_from(f"{order}3I", data, 8)
    for number in range(1, count):  # the first holds the header
        size, start = struct.unpack_from(f"{order}2I", data, table + 8 * number)
        yield from data[start : start + size].decode().split("\0")


def read(text: str, **options: object) -> Read:
    """A text by a rule."""
    encoder = Encoder(TextOptions(**options).rule())  # type: ignore[arg-type]
    encoder.add(f"{text}\n".encode())
    letters, outside, cut = encoder.coverage.losses
    return Read(
        encoder.raw_words,
        encoder.word_counts(),
        outside / max(1, letters),
        cut / max(1, encoder.raw_words),
        encoder.notices,
    )


def missing(language: str, counts: dict[str, int]) -> list[str]:
    """Expected words that are not among the words."""
    return [word for word in EXPECTED.get(language, "").split() if word not in counts]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", nargs="?", type=Path, default=LOCALES)
    parser.add_argument("--language", action="append", help="of those that are there (all)")
    parser.add_argument("--minimum", type=int, default=20_000, help="words of a language (20000)")
    parser.add_argument("--write", type=Path, help="put the texts into this folder, for bench.read")
    options = parser.parse_args()
    if options.write:
        options.write.mkdir(parents=True, exist_ok=True)
    print(
        "| language | words | outside: ascii | words | words, digits kept | cut by ascii "
        "| frequent words | expected but missing |"
    )
    print("|---|---|---|---|---|---|---|---|")
    for language, files in languages(options.folder).items():
        if options.language and language not in options.language:
            continue
        text = text_of(files)
        words = read(text, tokens="words")
        if words.words < options.minimum:
            continue
        if options.write:
            (options.write / f"{language}.txt").write_text(text, "utf-8")
        ascii_, digits = read(text), read(text, tokens="words", keep_digits=True)
        longer = [word for word in words.counts if len(word) > 3]
        frequent = sorted(longer, key=words.counts.__getitem__, reverse=True)[:8]
        print(
            f"| {language} | {words.words:,} | {ascii_.outside:.1%} | {words.outside:.1%} | "
            f"{digits.outside:.1%} | {ascii_.cut:.1%} | {' '.join(frequent)} | "
            f"{' '.join(missing(language, words.counts))} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
