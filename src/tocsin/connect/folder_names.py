"""Names of mail folders: which are the sent folder, which the inbox, and how a path is written for people.

A folder or a mailbox file that is called like an inbox or a sent folder makes the folder around it one
account: mail in "Sent" is the other half of the mail in "Inbox", and a mailbox's history needs both.
"""

from __future__ import annotations

import base64
import binascii
import os
import re
import unicodedata

# As mail programs and services name them in their European languages (defaults of Outlook, Gmail,
# Thunderbird, Apple Mail, Dovecot, Exchange), case-folded, without accents and punctuation.
_SENT = frozenset(
    """
    sent|sent items|sent mail|sent messages|sentmail|sentitems|sent-mail|outgoing mail|gmail sent mail
    envoyes|messages envoyes|elements envoyes|courrier envoye|courriers envoyes|objets envoyes
    verzonden|verzonden items|verzonden berichten|verzonden e-mail|verstuurd
    gesendet|gesendete elemente|gesendete objekte|gesendete nachrichten|gesendete mails
    enviados|elementos enviados|mensajes enviados|correo enviado|itens enviados|mensagens enviadas|enviadas
    inviati|inviata|posta inviata|elementi inviati|messaggi inviati|posta in uscita inviata
    skickat|skickade|skickade objekt|sendt|sendt post|sendte elementer|sendte|lahetetyt
    wyslane|elementy wyslane|odeslane|odeslana posta|odeslane zpravy|elkuldott|elkuldott elemek|trimise
    elemente trimise|απεσταλμενα|отправленные|надіслані
    gonderilmis ogeler|gonderilenler
    """.replace("\n", "|")
    .replace("    ", "")
    .strip("|")
    .split("|")
)
_INBOX = frozenset(
    """
    inbox|boite de reception|courrier entrant|postvak in|posteingang|bandeja de entrada|entrada
    caixa de entrada|posta in arrivo|inkorgen|inkorg|innboks|indbakke|saapuneet|odebrane|skrzynka odbiorcza
    dorucena posta|bejovo|beerkezett uzenetek|εισερχομενα
    входящие|вхідні|gelen kutusu
    """.replace("\n", "|")
    .replace("    ", "")
    .strip("|")
    .split("|")
)
_JUNK = frozenset(
    """
    junk|spam|junk e-mail|junk email|junk mail|junk-e-mail|bulk mail|spamverdacht|spam verdacht|unerwunscht
    unerwunschte werbung|courrier indesirable|indesirables|pourriel|ongewenste e-mail|ongewenst|ongewenste mail
    ongewenste reclame|correo no deseado|no deseado|correo basura|posta indesiderata|indesiderata|lixo eletronico
    lixo|skrappost|soppost|uonsket e-post|roskaposti|wiadomosci-smieci|niechciane|nevyzadana posta|level szemet
    """.replace("\n", "|")
    .replace("    ", "")
    .strip("|")
    .split("|")
)
_EXTENSION = re.compile(r"\.(?:mbox|mbx|mbs|sbd|imapmbox|gz|bz2|xz|zip|tar|tgz|msf)$", re.IGNORECASE)
_LONGEST = 60  # characters, extensions included
_PUNCTUATION = re.compile(r"[\[\]().,_/\\&'\"]+")
_MODIFIED_UTF7 = re.compile(r"&([A-Za-z0-9+,]*)-")
_NOT_PLAIN = re.compile("&|[^\x20-\x7e]+")
_ESCAPED = re.compile(rb"\\x([0-9a-f]{2})")


def _plain(name: str) -> str:
    """The name without extension, case, accents, punctuation; "" for one too long to be a folder's."""
    if name.endswith((".eml", ".msg")) or len(name) > _LONGEST or "@" in name:
        return ""
    name = stem(name).casefold()
    if not name.isascii():
        decomposed = unicodedata.normalize("NFKD", name)
        name = "".join(c for c in decomposed if not unicodedata.combining(c)).replace("ł", "l")
    return " ".join(_PUNCTUATION.sub(" ", name).split())


def is_sent(name: str) -> bool:
    """Whether a folder, mailbox file or Gmail label of this name holds what its owner sent."""
    return _plain(name) in _SENT


def is_inbox(name: str) -> bool:
    """Whether a folder or mailbox file of this name is an inbox."""
    return _plain(name) in _INBOX


def is_junk(name: str) -> bool:
    """Whether a folder of this name holds mail that was taken for unwanted."""
    return _plain(name) in _JUNK


def stem(name: str) -> str:
    """The folder name that a mailbox file stands for: "Sent.mbox.gz" is "Sent"."""
    shorter = name
    while _EXTENSION.search(shorter) and _EXTENSION.sub("", shorter):
        shorter = _EXTENSION.sub("", shorter)
    return shorter


def decode_modified_utf7(name: str) -> str:
    """An IMAP folder name as people see it (RFC 3501 section 5.1.3); given back unchanged where it is
    none."""

    def text(match: re.Match[str]) -> str:
        if not match[1]:
            return "&"
        packed = match[1].replace(",", "/")
        try:
            return base64.b64decode(packed + "=" * (-len(packed) % 4), validate=True).decode("utf-16-be")
        except (binascii.Error, UnicodeDecodeError):
            return match[0]

    return _MODIFIED_UTF7.sub(text, name) if "&" in name else name


def encode_modified_utf7(name: str) -> str:
    """A folder name as IMAP and Maildir++ write it; what `decode_modified_utf7` turns back."""

    def packed(match: re.Match[str]) -> str:
        if match[0] == "&":
            return "&-"
        text = match[0].encode("utf-16-be", "replace")
        return f"&{base64.b64encode(text).decode().rstrip('=').replace('/', ',')}-"

    return _NOT_PLAIN.sub(packed, name)


def printable(path: str) -> str:
    r"""A path that can be shown, stored and turned back by `path_of`.

    Bytes that are no UTF-8 (surrogates), controls and direction marks become `\xNN`, one for each byte; so
    does a backslash that would otherwise read as such an escape.
    """
    if path.isascii() and path.isprintable() and "\\x" not in path:
        return path
    out = []
    for at, char in enumerate(path):
        literal = char == "\\" and _ESCAPED.match(os.fsencode(path[at : at + 4]))
        if (char.isprintable() and not literal) or (char == " "):
            out.append(char)
        else:
            out.append("".join(f"\\x{byte:02x}" for byte in char.encode("utf-8", "surrogateescape")))
    return "".join(out)


def path_of(shown: str) -> str:
    """The path that `printable` showed."""
    if "\\x" not in shown:
        return shown
    raw = shown.encode("utf-8", "surrogateescape")
    back = _ESCAPED.sub(lambda match: bytes.fromhex(match[1].decode("ascii")), raw)
    return back.decode("utf-8", "surrogateescape")
