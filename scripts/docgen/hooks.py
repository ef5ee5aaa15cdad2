"""What MkDocs is told while it builds a language of the site: the navigation, and what to put in the place of directives.

Theory of operation: the pages of one language lie in docs/LANGUAGE, and each language is a build of its own. Everything
that can be done without MkDocs is in docgen.site, pure; a hook asks for it and hands it over. What is wrong with a page is
logged as a warning with the page's name, so that all faults of a build are seen at once; `--strict` makes them errors. With
MPIPROCESSING_SITE_DRAFT set, pages and recorded runs may be missing.
"""

from __future__ import annotations

import logging
import os
import re
import sys
from html import escape
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.plugins import get_plugin_logger
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page
from mkdocs.utils import get_relative_url

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "scripts"), str(ROOT)]

from docgen.site import fragments, navigation, records, shape, sources  # noqa: E402  # found only now
from docgen.site.words import WORDS, Language  # noqa: E402
from mpi_examples.catalogue import CATALOGUE, find  # noqa: E402
from mpi_examples.pattern import Pattern  # noqa: E402
from mpiprocessing.compare import diagram  # noqa: E402

log = get_plugin_logger("pages")
DRAFT = bool(os.environ.get("MPIPROCESSING_SITE_DRAFT"))
STYLE_OF_DIAGRAMS = "assets/diagram.css"


def language_of(config: MkDocsConfig) -> Language:
    """Which language is built: that of the theme."""
    return "zh" if config.theme["language"] == "zh" else "en"


# ---- before the pages are read --------------------------------------------------------------------------------------


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Make the navigation, and say what is not there."""
    folder = Path(config.docs_dir)
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*.md")}
    if not DRAFT:
        for fault in navigation.wanting(ROOT):
            log.warning(fault)
    logging.getLogger("jieba").setLevel(logging.WARNING)  # it tells how it loads its words
    config.nav = navigation.navigation(language_of(config), there)
    config.extra_css.append(STYLE_OF_DIAGRAMS)
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add what both languages share, and copies of the files of the project that pages link to."""
    theme = ROOT / "docs" / "theme"
    shared = {
        f"assets/{path.name}": path.read_bytes()
        for path in theme.iterdir()
        if path.suffix in (".css", ".svg")
    }
    shared[STYLE_OF_DIAGRAMS] = diagram.STYLE.encode()
    try:
        for path in sources.linked(ROOT, Path(config.docs_dir)):
            shared[sources.copy_of(path)] = (ROOT / path).read_bytes()
    except (LookupError, OSError) as fault:
        log.warning(str(fault))
    for name, content in shared.items():
        files.append(File.generated(config, name, content=content))
    return files


# ---- page by page ---------------------------------------------------------------------------------------------------


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Say what is wrong with a page; make its links out of docs/ lead to copies."""
    name = page.file.src_uri
    pattern = navigation.pattern_of(name)
    faults = shape.faults(markdown, language_of(config)) if pattern else shape.prose_faults(markdown)
    for fault in faults:
        log.warning(f"{name}: {fault}")
    if pattern:
        page.meta.setdefault("hide", []).append("toc")
        markdown += f"\n\n<!-- recorded: {pattern} -->\n"
    if language_of(config) == "zh":
        markdown = shape.joined(markdown)
    return sources.to_other_language(sources.with_copies(ROOT, Path(config.docs_dir) / name, markdown, name))


def on_page_content(html: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Put in the place of each directive what ran."""
    pattern = navigation.pattern_of(page.file.src_uri)

    def replaced(match: re.Match[str]) -> str:
        directive = shape.Directive(match[1], match[2] or "")
        if not pattern and directive.name not in shape.ANYWHERE:
            return match[0]  # a note for other tools
        try:
            return fragment(directive, pattern, page, config)
        except (LookupError, ValueError, OSError) as fault:
            if not DRAFT:
                log.warning(f"{page.file.src_uri}: {directive}: {fault}")
            return f'<p class="missing">{escape(str(fault))}</p>'

    html = sources.within_site(shape.DIRECTIVE.sub(replaced, html), page.file.src_uri)
    if pattern:
        html = html.replace("</h1>", "</h1>" + fragments.facts(pattern, WORDS[language_of(config)]), 1)
    return html


def on_page_context(context: dict[str, Any], page: Page, config: MkDocsConfig, nav: Any) -> dict[str, Any]:
    """Make the language switch lead to the same page in the other language."""
    here, there = language_of(config), WORDS[language_of(config)].other
    config.extra["alternate"] = [
        {"name": WORDS[here].language, "lang": here, "link": page.url},
        {"name": WORDS[there].language, "lang": there, "link": f"../{there}/{page.url}"},
    ]
    return context


def on_post_page(output: str, page: Page, config: MkDocsConfig) -> str:
    """Leave out the links to other languages in the head: by them the theme looks for a map of a site that has addresses."""
    return re.sub(r'<link rel="alternate"[^>]*hreflang[^>]*>\s*', "", output)


def fragment(directive: shape.Directive, own: Pattern | None, page: Page, config: MkDocsConfig) -> str:
    """What stands in the place of a directive; the comment itself where it is none of ours.

    Args:
        directive: what to make.
        own: the pattern that the page is about, if it is about one.
        page: where it stands.
        config: of the language.

    Raises:
        LookupError: what it names does not exist, or is not recorded.
        ValueError: what was recorded is not what it should be.
    """
    language = language_of(config)
    words = WORDS[language]

    def link(path: str) -> str:
        return get_relative_url(sources.copy_of(path), page.url)

    if directive.name == "catalogue":
        entries = []
        for pattern in CATALOGUE:
            name = navigation.page_of(pattern)
            address = get_relative_url(name.removesuffix(".md") + ".html", page.url)
            entries.append((pattern, navigation.title_of(ROOT, language, name), address))
        return fragments.catalogue(entries, words)
    if directive.name == "recorded":
        return fragments.recorded(records.read(ROOT, find(directive.argument)), words)
    pattern = own or find(directive.argument)
    match directive.name:
        case "twins":
            return fragments.twins(pattern, link)
        case "program":
            return fragments.program(pattern, directive.argument, link)
        case "output" if directive.argument:
            return fragments.program_output(pattern, records.read(ROOT, pattern), directive.argument, words)
        case "output":
            return fragments.output(pattern, records.read(ROOT, pattern), words)
        case "diagram":
            return fragments.diagrams(records.read(ROOT, pattern), words)
        case "costs":
            return fragments.costs(records.read(ROOT, pattern), words)
        case "columns":
            return fragments.columns(pattern, records.read(ROOT, pattern), words, link)
    return str(directive)
