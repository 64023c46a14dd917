"""The built-in corpus `docs`: the docstrings of Python and of the packages it needs.

Python's standard library, its help topics, and the packages that this one depends on. Source files
are parsed, never imported. That takes some seconds, so the text is kept in the user's cache folder,
under a name made of the versions it is from; where that folder cannot be written, it is made anew
each time.
"""

from __future__ import annotations

import ast
import gc
import hashlib
import importlib.metadata
import importlib.util
import inspect
import os
import re
import sys
import sysconfig
import warnings
from collections.abc import Iterator
from pathlib import Path

from xw2v.errors import InputError
from xw2v.storage.files import atomic_write
from xw2v.text.sources import Source, TextChunk

RULES = "2"  # of what follows; change it when they change, so that older caches are not used
PACKAGES = ("numpy", "scipy", "nltk", "matplotlib", "click", "tqdm", "array_api_compat")
SKIPPED = {
    "test",
    "tests",
    "testing",
    "idle_test",
    "site-packages",
    "dist-packages",
    "__pycache__",
    "lib2to3",
    "idlelib",
    "turtledemo",
    "encodings",
    "ensurepip",
    "_vendor",
    "pydoc_data",
}

_RULE = re.compile(r"\s*([-=~^*#+`\"])\1{2,}[-=~+ ]*")  # a line under a heading, or of a table
_DIRECTIVE = re.compile(r"\s*\.\. ")
_ITEM = re.compile(r"\s*([-*+•]|\d+[.)])\s")
_ROLE = re.compile(r":[a-zA-Z][\w:.+-]*:(?=`)")
_SENTENCE_END = re.compile(r"(?<=[.!?])[\"')\]]*\s+(?=[\"'(`*]*[A-Z])")


class DocsSource(Source):
    """Docstrings of the standard library and of this package's dependencies, a sentence a line."""

    description = "the documentation of Python and its packages (docs)"

    def chunks(self, splits_at_spaces: bool) -> Iterator[TextChunk]:
        cache = cache_folder() / f"docs-{_key()}.txt"
        try:
            text = cache.read_bytes()
        except OSError:
            yield from self._made(cache)
            return
        self.total = len(text)
        yield text
        self.done = self.total

    def _made(self, cache: Path) -> Iterator[bytes]:
        parts = []
        for part in collect():
            parts.append(part)
            yield part
        if not parts:
            raise InputError(
                "docs: no source files of Python or its packages on this machine; name your own "
                "text"
            )
        try:
            cache.parent.mkdir(parents=True, exist_ok=True)
            with atomic_write(cache) as file:
                file.writelines(parts)
        except (InputError, OSError):
            pass  # a cache that cannot be written costs some seconds the next time, nothing more


def cache_folder() -> Path:
    """The user's cache folder for this package."""
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or os.path.expanduser("~")
    elif sys.platform == "darwin":
        base = os.path.expanduser("~/Library/Caches")
    else:
        base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return Path(base) / "xw2v"


def _key() -> str:
    """A name for what the text is made of."""
    versions = [RULES, sys.version]
    for package in PACKAGES:
        try:
            versions.append(f"{package} {importlib.metadata.version(package)}")
        except importlib.metadata.PackageNotFoundError:
            continue
    return hashlib.sha256("\n".join(versions).encode()).hexdigest()[:16]


def collect() -> Iterator[bytes]:
    """The text, a source file at a time: UTF-8, a sentence a line, no docstring twice."""
    seen: set[str] = set()
    for path in source_files():
        texts = [text for text in docstrings(path) if text not in seen]
        seen.update(texts)
        lines = [line for text in texts for line in sentences(text)]
        if lines:
            yield "".join(line + "\n" for line in lines).encode("utf-8", "replace")


def source_files() -> Iterator[Path]:
    """Python files of the standard library and of PACKAGES but their tests, in a fixed order."""
    standard = Path(sysconfig.get_paths()["stdlib"])
    roots = [standard]
    for package in PACKAGES:
        spec = importlib.util.find_spec(package)  # finds a top-level package, imports nothing
        roots += [Path(place) for place in (spec.submodule_search_locations or [])] if spec else []
    for root in roots:
        for folder, folders, names in os.walk(root):
            folders[:] = sorted(
                name for name in folders if name not in SKIPPED and not name.startswith(".")
            )
            yield from (Path(folder) / name for name in sorted(names) if name.endswith(".py"))
    yield standard / "pydoc_data" / "topics.py"


def docstrings(path: Path) -> list[str]:
    """Docstrings of a source file, texts of its `add_newdoc` calls, and Python's help topics."""
    collecting = gc.isenabled()
    gc.disable()  # the collector finds nothing in a syntax tree and would take half of the time
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(path.read_bytes())
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    finally:
        if collecting:
            gc.enable()
    found: list[str] = []
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            found += [text] if (text := ast.get_docstring(node, clean=False)) else []
            waiting += reversed(node.body)
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            function = node.value.func
            if getattr(function, "id", getattr(function, "attr", "")).endswith("newdoc"):
                found += filter(None, map(_string, node.value.args))
        elif (
            isinstance(node, ast.Assign)
            and isinstance(node.value, ast.Dict)
            and path.name == "topics.py"
        ):
            found += filter(None, map(_string, node.value.values))
    return found


def _string(node: ast.expr) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def sentences(text: str) -> Iterator[str]:
    """The sentences of a docstring; examples, headings' underlines and directives are left out.

    >>> list(sentences("Sum of `a`.\\n\\n    Adds the\\n    items. See :func:`max`."))
    ['Sum of `a`.', 'Adds the items.', 'See `max`.']
    """
    paragraph: list[str] = []
    indent, in_example = 0, False

    def ended() -> Iterator[str]:
        joined = _ROLE.sub("", " ".join(paragraph))
        paragraph.clear()
        yield from (sentence for sentence in _SENTENCE_END.split(joined) if " " in sentence)

    for line in inspect.cleandoc(text).splitlines():
        stripped = line.strip()
        before, indent = indent, len(line) - len(line.lstrip()) if stripped else 0
        in_example = bool(stripped) and (in_example or stripped.startswith(">>>"))
        starts_anew = indent < before or _ITEM.match(line) is not None
        left_out = not stripped or in_example or _RULE.fullmatch(line) or _DIRECTIVE.match(line)
        if left_out or starts_anew:
            yield from ended()
        if not left_out:
            paragraph.append(stripped)
    yield from ended()
