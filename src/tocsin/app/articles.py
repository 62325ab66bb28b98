"""Reads an operator's folder of articles; every mistake is said with its place and what was expected."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from tocsin.mail.url import resolve
from tocsin.model.articles import Article
from tocsin.observe.articles import NO_ARTICLES, ArticleBook, index_articles
from tocsin.observe.html import read_html

ENDINGS = (".txt", ".html", ".htm", ".md")
MOST_ARTICLES = 100_000
MOST_BYTES = 256 * 1024 * 1024
_SOURCE = re.compile(r"[ \t#>*_]{0,8}source[ \t*_]{0,4}:[ \t*_<]{0,4}(\S{1,500})", re.IGNORECASE)
_SOURCE_LINES = 30  # at the beginning and at the end of a text where the line may stand
_TITLE_WITHIN = 200_000  # characters of a page in which its title is looked for
_BOMS = ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"), (b"\xef\xbb\xbf", "utf-8-sig"))


class ArticlesError(ValueError):
    """A folder of articles that cannot be used; the message names it and says what was expected."""


def load_articles(folder: Path | None) -> ArticleBook:
    """The articles of this folder, ready to be looked for; none for None. Raises ArticlesError."""
    return index_articles(read_articles(folder)) if folder is not None else NO_ARTICLES


def read_articles(folder: Path) -> Iterator[Article]:
    """Every .txt, .html and .md file below a folder, in the order of their paths.

    The first line, or the page's <title>, is the title; a line "Source: https://…" near the beginning or the end
    names the publisher. Raises ArticlesError for anything but a folder, for one without articles, with more than
    100,000 of them or more than 256 MiB, and for a file that cannot be read.
    """
    for file in _files(folder):
        try:
            data = file.read_bytes()
        except OSError as error:
            raise ArticlesError(f"{file}: cannot be read ({error.strerror}); check the folder") from error
        yield _article(file, _decoded(data))


def _files(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise ArticlesError(f"{folder}: is no folder; give one that holds articles as {', '.join(ENDINGS)}")
    found: list[Path] = []
    size = 0
    try:
        for file in folder.rglob("*"):
            if file.suffix.lower() not in ENDINGS or not file.is_file():
                continue
            found.append(file)
            size += file.stat().st_size
            if len(found) > MOST_ARTICLES:
                raise ArticlesError(
                    f"{folder}: holds more than {MOST_ARTICLES:,} articles; hand in the newest ones"
                )
            if size > MOST_BYTES:
                limit = MOST_BYTES // 1024**2
                raise ArticlesError(f"{folder}: holds more than {limit} MiB of articles; hand in fewer")
    except OSError as error:
        raise ArticlesError(f"{folder}: cannot be read ({error.strerror}); check the folder") from error
    if not found:
        raise ArticlesError(f"{folder}: holds no article; expected files that end in {', '.join(ENDINGS)}")
    return sorted(found)


def _decoded(data: bytes) -> str:
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return data.decode(encoding, "replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")  # what older programs save


def _article(file: Path, text: str) -> Article:
    title = ""
    if file.suffix.lower() in (".html", ".htm"):
        title = _page_title(text)
        text = read_html(text).visible_text
    lines = text.splitlines()
    site = ""
    for place in dict.fromkeys((*range(_SOURCE_LINES), *range(len(lines) - _SOURCE_LINES, len(lines)))):
        found = _SOURCE.match(lines[place]) if 0 <= place < len(lines) else None
        if found is not None:
            site = _site(found[1].rstrip(">*_"))
            if site:
                lines[place] = ""
                break
    if not title:
        title = next((line.strip("# \t*_") for line in lines if line.strip("# \t*_")), file.stem)
    return Article(title[:200], "\n".join(lines), site)


def _page_title(page: str) -> str:
    lower = page[:_TITLE_WITHIN].lower()
    start = lower.find("<title")
    begin = lower.find(">", start) + 1 if start >= 0 else 0
    stop = lower.find("</title", begin) if begin else -1
    if stop < 0:
        return ""
    return " ".join(read_html(page[begin:stop]).visible_text.split())


def _site(written: str) -> str:
    """The publisher's registrable domain; "" for a source that is no address ("Source: our archive")."""
    url = resolve(written if "://" in written else f"https://{written}")
    return url.site if url is not None and "." in url.host else ""
