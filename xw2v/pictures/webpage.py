"""Pages that are one file: templates of `pages/` filled in, with their style, script and data
inside.

Nothing is loaded from anywhere, and the page's own security policy forbids it. What users' files
say (words, names) is data: escaped as HTML text, or JSON in which no character can end a script.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
from importlib import resources
from typing import Any

from xw2v.pictures.stamp import NAME

FIELD = re.compile(r"\{\{(\w+)\}\}")


def escape(text: object) -> str:
    """As text of an element or in a quoted attribute; what no page may hold is replaced by a
    question mark.
    """
    plain = str(text).encode("utf-8", "replace").decode("utf-8")  # lone surrogates
    visible = (c if c.isprintable() or c in "\n\t " else "\N{REPLACEMENT CHARACTER}" for c in plain)
    return html.escape("".join(visible))


def script_json(value: Any) -> str:
    """JSON that is safe within a script element: no markup, nothing that ends it or opens a
    comment.
    """
    return json.dumps(value, separators=(",", ":")).replace("<", "\\u003c").replace("&", "\\u0026")


def base64_of(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def template(name: str) -> str:
    """A file of `pages/`."""
    return (resources.files("xw2v.pictures") / "pages" / name).read_text(encoding="utf-8")


def joined(*names: str) -> str:
    """Several files of `pages/` as one style or script."""
    return "\n".join(template(name).strip() for name in names)


def fill(name: str, **fields: str) -> str:
    """The template `name` with its {{fields}}, which are HTML already."""
    return FIELD.sub(lambda found: fields[found[1]], template(name))


def page(name: str, style: str, script: str, stamp: str, **fields: str) -> bytes:
    """A complete page, whose policy allows this script alone and no connection at all.

    Args:
        name: of its template.
        stamp: of the vectors that the page shows; see `xw2v.pictures.stamp`.
        fields: of the template, as HTML.
    """
    script = f'(() => {{\n"use strict";\n{script}\n}})();\n'
    # of the element's text: the template has a line break before and after the script
    digest = base64_of(hashlib.sha256(f"\n{script}\n".encode()).digest())
    policy = (
        f"default-src 'none'; script-src 'sha256-{digest}'; "
        "style-src 'unsafe-inline'; img-src data:"
    )
    meta = f'<meta name="{NAME}" content="{stamp}">'
    html_page = fill(name, style=style, script=script, policy=policy, stamp=meta, **fields)
    return html_page.encode("utf-8")
