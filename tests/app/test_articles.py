"""An operator's folder of articles: what is read from it, and what is said of mistakes."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tocsin.app import articles
from tocsin.app.articles import ArticlesError, load_articles, read_articles
from tocsin.app.config import Config
from tocsin.app.lists import Lists
from tocsin.app.observing import observer_factory
from tocsin.app.requests import RequestError, make_request
from tocsin.model.articles import Article
from tocsin.model.source import RawMail


def prose(seed: int, count: int) -> str:
    """Made-up words without sense, the same for the same seed."""
    rng = random.Random(seed)
    return " ".join("".join(rng.choices("abdegiklmnorstu", k=6)) for _ in range(count))


def only(folder: Path) -> Article:
    (article,) = read_articles(folder)
    return article


@pytest.mark.parametrize(
    ("name", "text", "title", "site"),
    [
        ("a.txt", "Ore\n\nThe text.\nSource: https://www.outlet.example/ore\n", "Ore", "outlet.example"),
        ("a.TXT", "\ufeffOre prices rise\nsource: www.outlet.example", "Ore prices rise", "outlet.example"),
        ("a.md", "# Ore\n\n**Source:** <https://outlet.example/ore>\n\nThe text.", "Ore", "outlet.example"),
        (
            "a.html",
            "<head><title>Ore prices\n rise &amp; fall</title></head><p>Source: https://outlet.example/</p><style>hidden",
            "Ore prices rise & fall",
            "outlet.example",
        ),
        ("a.html", "<p>Ore prices rise</p><p>The text.", "Ore prices rise", ""),
        ("a.txt", "Ore prices rise\nThe text.\nSource: our archive", "Ore prices rise", ""),
        ("a.txt", "", "a", ""),
    ],
)  # fmt: skip
def test_title_and_publisher_are_read(tmp_path: Path, name: str, text: str, title: str, site: str) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    article = only(tmp_path)
    assert (article.title, article.site) == (title, site)
    assert "hidden" not in article.text
    assert "outlet.example" not in article.text


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "cp1252"])
def test_texts_of_older_programs_are_read(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "a.txt").write_bytes("Élection à Liège".encode(encoding))
    assert only(tmp_path).title == "Élection à Liège"


def test_other_files_are_passed_over(tmp_path: Path) -> None:
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "b.md").write_text("Tides\n")
    (tmp_path / "picture.png").write_bytes(b"\x89PNG")
    assert only(tmp_path).title == "Tides"


def test_a_folder_that_cannot_be_used_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "a.txt"
    with pytest.raises(ArticlesError, match="is no folder"):
        list(read_articles(file))
    with pytest.raises(ArticlesError, match="holds no article"):
        list(read_articles(tmp_path))
    file.write_text("Ore prices rise\n" * 10)
    (tmp_path / "b.txt").write_text("Tides\n")
    monkeypatch.setattr(articles, "MOST_ARTICLES", 1)
    with pytest.raises(ArticlesError, match="more than 1 articles"):
        list(read_articles(tmp_path))
    monkeypatch.setattr(articles, "MOST_ARTICLES", 10)
    monkeypatch.setattr(articles, "MOST_BYTES", 20)
    with pytest.raises(ArticlesError, match="MiB of articles"):
        list(read_articles(tmp_path))


def test_a_scan_refuses_a_bad_folder_before_any_work(tmp_path: Path) -> None:
    (tmp_path / "box").mkdir()
    (tmp_path / "empty").mkdir()
    with pytest.raises(RequestError, match="holds no article"):
        make_request(Config(articles=tmp_path / "empty"), [str(tmp_path / "box")])


def test_a_mail_that_copies_an_article_says_so(tmp_path: Path) -> None:
    text = prose(1, 200)
    (tmp_path / "ore.txt").write_text(f"Ore prices rise\n{text}\nSource: https://outlet.example/ore\n")
    observe = observer_factory(Lists(articles=tmp_path))()
    head = b"From: a@paper.test\r\nTo: b@house.example\r\nSubject: Ore\r\n\r\nDear Ann,\r\n"
    seen = observe(RawMail("a", "box", head + text.replace(" ", "\r\n").encode()), "")
    found = {o.kind: (o.value, o.where) for o in seen.observations if o.kind.startswith("article")}
    assert found["article-publisher"] == ("outlet.example", "Ore prices rise")
    assert found["article-copy"][0] == "Ore prices rise"
    assert float(found["article-copy"][1]) > 0.9
    plain = observe(RawMail("b", "box", head + prose(2, 200).encode()), "")
    assert not any(o.kind.startswith("article") for o in plain.observations)


def test_no_folder_means_no_articles() -> None:
    assert load_articles(None).titles == ()
