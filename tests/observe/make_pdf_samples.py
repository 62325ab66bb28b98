"""Writes the sample mails of the techniques pdf and qr.

python -m tests.observe.make_pdf_samples
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path

from tests.observe.code_pictures import WEB as CODE
from tests.observe.code_pictures import code, saved, with_codes, without_codes
from tests.observe.form_data_files import FOUND, NOTHING
from tests.observe.make_file_samples import SAMPLES, mail
from tests.observe.pdf_carriers import carriers, without


def samples() -> Iterator[tuple[Path, bytes]]:
    """Every sample mail with its place."""
    files = [(f"hit-{name}", data) for name, data, *_ in carriers()]
    files += [(f"near-{name}", data) for name, data in without()]
    for number, (name, data) in enumerate(files):
        yield SAMPLES / "pdf" / f"{name}.eml", mail("pdf", number, "programme.pdf", data)
    forms = [
        ("hit-form-data", "form.fdf", FOUND["fdf"][0]),
        ("hit-form-data-xml", "form.xfdf", FOUND["xfdf"][0]),
    ]
    forms.append(("near-form-data", "form.fdf", NOTHING["fdf-beside"][0]))
    for number, (name, file, data) in enumerate(forms):
        yield SAMPLES / "pdf" / f"{name}.eml", mail("pdf", 900 + number, file, data)
    pictures = [(f"hit-{name}", file, data) for name, file, data, _ in with_codes()]
    pictures += [(f"near-{name}", file, data) for name, file, data in without_codes()]
    for number, (name, file, data) in enumerate(pictures):
        yield SAMPLES / "qr" / f"{name}.eml", mail("qr", number, file, data)
    yield SAMPLES / "qr" / "hit-shown-in-the-mail.eml", shown_in_the_mail()


def shown_in_the_mail() -> bytes:
    """A mail whose body shows a code that it carries."""
    head = mail("qr", 90, "code.png", b"").partition(b"MIME-Version")[0]
    return (
        head
        + b'MIME-Version: 1.0\nContent-Type: multipart/related; boundary="programme"\n\n--programme\n'
        + b"Content-Type: text/html; charset=utf-8\n\n<p>Please scan the code to read the programme.</p>\n"
        + b'<p><img src="cid:code" alt="Code" width="150"></p>\n--programme\n'
        + b"Content-Type: image/png\nContent-ID: <code>\nContent-Disposition: inline\n"
        + b"Content-Transfer-Encoding: base64\n\n"
        + base64.encodebytes(saved(code(CODE)))
        + b"--programme--\n"
    )


def main() -> None:
    """Write them all."""
    for path, data in samples():
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)


if __name__ == "__main__":
    main()
