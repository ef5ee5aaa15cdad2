"""The built site, read as a browser would: do all links and anchors lead somewhere, and is nothing loaded from elsewhere?"""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

__all__ = ["faults"]

_LOADED = {"script": "src", "img": "src", "link": "href", "iframe": "src", "source": "src"}


class _Page(HTMLParser):
    """What a page links to, what it loads, and the places in it that links can name."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: set[str] = set()
        self.loads: set[str] = set()
        self.places: set[str] = set()
        self.twice: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        place = found.get("id")
        if place:
            (self.twice if place in self.places else self.places).add(place)
        if tag == "a" and found.get("name"):
            self.places.add(found["name"])
        if tag == "a" and "href" in found:
            self.links.add(found["href"])
        if (
            tag in _LOADED
            and found.get(_LOADED[tag])
            and found.get("rel") not in ("canonical", "prev", "next")
        ):
            self.loads.add(found[_LOADED[tag]])


def faults(site: Path) -> list[str]:
    """What is wrong with the links of a built site.

    Args:
        site: its folder.

    Returns:
        One sentence for each fault.
    """
    pages = {path: _Page(path.read_text(encoding="utf-8")) for path in sorted(site.rglob("*.html"))}
    found = []
    for path, page in pages.items():
        name = path.relative_to(site).as_posix()
        found += [f"{name}: the id {place!r} is there twice" for place in sorted(page.twice)]
        found += [
            f"{name}: loads {address} from elsewhere" for address in sorted(filter(_foreign, page.loads))
        ]
        for address in sorted(page.links | page.loads):
            # The theme's page for addresses that do not exist may be shown at any of them.
            if not _foreign(address) and path.name != "404.html":
                found += [f"{name}: {fault}" for fault in _fault(path, address, pages)]
    return found


def _foreign(address: str) -> bool:
    parts = urlsplit(address)
    return bool(parts.scheme or parts.netloc)


def _fault(path: Path, address: str, pages: dict[Path, _Page]) -> list[str]:
    parts = urlsplit(address)
    target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
    if target.is_dir():
        target = target / "index.html"
    if not target.is_file():
        return [f"links to {address}, which does not exist"]
    place = unquote(parts.fragment)
    if place and target in pages and place not in pages[target].places:
        return [f"links to {address}, which has no such place"]
    return []
