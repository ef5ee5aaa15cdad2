"""Pages that stand alone: one file that needs no network and no other file, and forbids itself to load any.

Theory of operation: a template gets plain values and puts them down escaped, all of them, always; what a program printed or
named is made visible (visible.py) on the way. The style sheet, of which page/base.css is the part that all pages share, and
the script go into the page, which by its own policy runs no other script.
"""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from mpiprocessing.compare.visible import visible

__all__ = ["rendered"]

_BASE = Path(__file__).with_name("page") / "base.css"


def rendered(folder: Path, style: str, script: str, **values: Any) -> str:
    """Fill a page's template.

    Args:
        folder: it has page.html, the template, which finds `style`, `script` and `script_hash` among its values.
        style: the page's own rules, which follow those that all pages share.
        script: the page's script, "" for none.
        values: what the template asks for by name.

    Returns:
        The page.
    """
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    jinja = jinja2.Environment(
        loader=jinja2.FileSystemLoader(folder),
        autoescape=True,
        finalize=lambda value: visible(value) if type(value) is str else value,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return jinja.get_template("page.html").render(
        style=Markup(_BASE.read_text(encoding="utf-8") + style),
        script=Markup(script),
        script_hash=f"sha256-{digest}",
        **values,
    )
