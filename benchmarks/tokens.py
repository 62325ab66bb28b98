"""How often and how fast `observe.tokens` sees a reader in the URLs of real mail.

    TOCSIN_CORPUS=… python benchmarks/tokens.py [--limit N] [--show KIND]

Prints, by class of mail (labels.tsv in the corpus: label, lure, path), the share of mails and of URLs in
which each kind of token is found, and microseconds a URL. Nobody has labelled the tokens, so the shares are
upper bounds of the error: a picture of an ordinary mail that counts as personal is a false alarm unless its
sender does track. `--show` lists what was found, defanged, to judge by eye.
"""

from __future__ import annotations

import argparse
import email
import email.policy
import os
import re
import time
from collections import Counter
from email.message import Message
from pathlib import Path

from tocsin.mail.url import Url, defang, resolve
from tocsin.model.observation import Personal
from tocsin.observe.tokens import find_personal, needed, needles_for

_SOURCE = re.compile(r"""\b(src|href|background)\s*=\s*["']?\s*(https?:[^"'\s>]+)""", re.IGNORECASE)
_ADDRESS = re.compile(r"[\w.+-]{1,64}@[\w.-]{1,190}\.[a-z]{2,}", re.IGNORECASE)


def body_text(mail: Message) -> str:
    texts = []
    for part in mail.walk():
        if part.get_content_type() == "text/html":
            payload = part.get_payload(decode=True)
            if isinstance(payload, bytes):
                texts.append(payload.decode("utf-8", "replace"))
    return "\n".join(texts)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--limit", type=int, default=3000)
    arguments.add_argument("--folder", default="", help="only files below this folder of the corpus")
    arguments.add_argument("--show", default="")
    chosen = arguments.parse_args()
    root = Path(os.environ["TOCSIN_CORPUS"])
    labels: dict[str, str] = {}
    if (root / "labels.tsv").exists():
        for line in (root / "labels.tsv").read_text("utf-8").splitlines():
            label, _, name = line.split("\t")[:3]
            labels[name] = label

    mails: Counter[str] = Counter()
    urls: Counter[tuple[str, str]] = Counter()
    kinds: Counter[tuple[str, str, str]] = Counter()
    mails_with: Counter[tuple[str, str, str]] = Counter()
    spent_s = filtered_s = 0.0
    seen = 0
    for path in sorted(p for p in (root / "dev" / chosen.folder).rglob("*") if p.is_file()):
        raw = path.read_bytes()
        if b"http" not in raw and b"base64" not in raw:
            continue
        mail = email.message_from_bytes(raw, policy=email.policy.compat32)
        found = [(m[1].lower(), url) for m in _SOURCE.finditer(body_text(mail)) if (url := resolve(m[2]))]
        if not found:
            continue
        label = labels.get(str(path.relative_to(root / "dev")), "unlabelled")
        readers = _ADDRESS.findall(" ".join(str(mail.get(name, "")) for name in ("To", "Delivered-To", "Cc")))
        tokens = [str(mail.get(name, "")) for name in ("Message-ID", "Return-Path", "List-Unsubscribe")]
        mails[label] += 1
        start = time.perf_counter()
        needles = needed(" ".join(url.href for _, url in found), needles_for(readers, tokens))
        filtered_s += time.perf_counter() - start
        personal = [
            (where, url, find_personal(url, needles) if needles is not None else None) for where, url in found
        ]
        spent_s += time.perf_counter() - start
        report(label, personal, urls, kinds, mails_with, chosen.show)
        seen += 1
        if seen >= chosen.limit:
            break

    for label, count in sorted(mails.items()):
        print(f"\n{label}: {count} mails")
        for where in ("src", "href"):
            total = urls[label, where]
            print(f"  {where}: {total} URLs")
            for (one, place, kind), hits in sorted(kinds.items(), key=lambda item: -item[1]):
                if one == label and place == where:
                    share = 100 * mails_with[one, place, kind] / count
                    print(f"    {kind:22} {hits:7} {100 * hits / total:6.2f} %   in {share:5.1f} % of mails")
    total = sum(urls.values())
    print(f"\n{seen} mails, {total} URLs: {spent_s / max(total, 1) * 1e6:.2f} µs a URL,", end=" ")
    print(f"of which needles and prefilter {filtered_s / max(total, 1) * 1e6:.2f}")


def report(
    label: str,
    personal: list[tuple[str, Url, Personal | None]],
    urls: Counter[tuple[str, str]],
    kinds: Counter[tuple[str, str, str]],
    mails_with: Counter[tuple[str, str, str]],
    show: str,
) -> None:
    met = set()
    for where, url, found in personal:
        place = "href" if where == "href" else "src"
        urls[label, place] += 1
        if found is None:
            continue
        kind = found.kind
        kinds[label, place, kind] += 1
        met.add((label, place, kind))
        if show and kind == show:
            print(place, defang(url.href)[:160], "->", found.value[:60])
    mails_with.update(met)


if __name__ == "__main__":
    main()
