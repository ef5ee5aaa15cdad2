"""The command behind scripts/site: both languages are built, then the result is checked, then it may be served."""

from __future__ import annotations

import argparse
import functools
import http.server
import os
import shutil
import subprocess
import sys
from pathlib import Path

from docgen.site import check
from docgen.site.words import LANGUAGES

__all__ = ["ROOT", "SITE", "build", "main"]

ROOT = Path(__file__).resolve().parents[3]
SITE = ROOT / "site"
_PORT = 8000


def main() -> int:
    """Build, check, and serve if that is asked for; returns the status for the shell."""
    parser = argparse.ArgumentParser(
        prog="scripts/site", description="Build the documentation in both languages."
    )
    parser.add_argument(
        "--serve", nargs="?", const=_PORT, type=int, metavar="PORT", help=f"show it afterwards (port {_PORT})"
    )
    parser.add_argument("--draft", action="store_true", help="tell what is missing, and build the rest")
    options = parser.parse_args()
    faults = build(draft=options.draft)
    for fault in faults:
        print(fault)
    if not faults or options.draft:
        print(f"built {SITE.relative_to(ROOT)}/: open {(SITE / 'index.html').relative_to(ROOT)}")
    if options.serve and (not faults or options.draft):
        _serve(options.serve)
    return int(bool(faults) and not options.draft)


def build(*, draft: bool = False) -> list[str]:
    """Build both languages side by side into site/.

    Args:
        draft: pages and recorded runs may be missing.

    Returns:
        What is wrong, one sentence each; MkDocs has printed its own warnings, and what it refused is among them.
    """
    shutil.rmtree(SITE, ignore_errors=True)
    env = {**os.environ, "DISABLE_MKDOCS_2_WARNING": "true", "NO_MKDOCS_2_WARNING": "true"}
    strict = [] if draft else ["--strict"]
    if draft:
        env["MPIPROCESSING_SITE_DRAFT"] = "1"
    running = {
        language: subprocess.Popen(
            [sys.executable, "-m", "mkdocs", "build", *strict, "--config-file", f"mkdocs.{language}.yml"],
            cwd=ROOT,
            env=env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for language in LANGUAGES
    }
    failed = [language for language, process in running.items() if not _well(language, process)]
    if failed:
        return [f"docs/{language}: not built" for language in failed]
    shutil.copy(ROOT / "docs" / "theme" / "index.html", SITE / "index.html")
    return check.faults(SITE)


def _well(language: str, process: subprocess.Popen[str]) -> bool:
    """Wait for the build of a language; show what it says beyond its progress."""
    said, _ = process.communicate()
    for line in said.splitlines():
        if line and not line.startswith("INFO"):
            print(f"{language}: {line}")
    return process.returncode == 0


def _serve(port: int) -> None:
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(SITE))
    with http.server.ThreadingHTTPServer(("127.0.0.1", port), handler) as server:
        print(f"http://127.0.0.1:{server.server_port}/ (Ctrl-C ends it)", flush=True)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            print()


if __name__ == "__main__":
    sys.exit(main())
