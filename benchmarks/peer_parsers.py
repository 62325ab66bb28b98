"""Parse mails with one Python peer and print its rate; run by peers.py in the peers' own environment.

The work asked of each is what it offers: parts, addresses and the URLs of bodies.
"""

from __future__ import annotations

import email
import json
import re
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path

URL = re.compile(r"(?:https?://|www\.)[^\s<>\"'`{}|\\^\]]+", re.IGNORECASE)


def standard_library() -> Callable[[bytes], object]:
    from bs4 import BeautifulSoup

    def parse(data: bytes) -> object:
        urls: list[str] = []
        message = email.message_from_bytes(data)
        for part in message.walk():
            if part.get_content_maintype() != "text":
                continue
            payload = part.get_payload(decode=True)
            text = payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""
            if part.get_content_type() == "text/html":
                soup = BeautifulSoup(text, "lxml")
                for element in soup.find_all(True):
                    urls += [str(element[key]) for key in ("src", "href", "background") if element.get(key)]
                soup.get_text()
            else:
                urls += URL.findall(text)
        return urls

    return parse


def mail_parser() -> Callable[[bytes], object]:
    import mailparser

    def parse(data: bytes) -> object:
        message = mailparser.parse_from_bytes(data)
        return message.mail, URL.findall(message.body)

    return parse


def eml_parser() -> Callable[[bytes], object]:
    import eml_parser as peer

    parser = peer.EmlParser(include_raw_body=True, include_attachment_data=False)
    return lambda data: parser.decode_email_bytes(data)


PEERS = {"stdlib-bs4": standard_library, "mail-parser": mail_parser, "eml-parser": eml_parser}


def main() -> None:
    warnings.simplefilter("ignore")
    parse = PEERS[sys.argv[1]]()
    mails = [Path(name).read_bytes() for name in json.loads(Path(sys.argv[2]).read_text())]
    failed = 0
    started = time.perf_counter()
    for data in mails:
        try:
            parse(data)
        except Exception:  # noqa: BLE001  (peers raise anything on hostile mail; they are only being timed)
            failed += 1
    seconds = time.perf_counter() - started
    print(json.dumps({"messages_per_s": len(mails) / seconds, "failed": failed}))


if __name__ == "__main__":
    main()
