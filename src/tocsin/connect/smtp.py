"""The operator's own mail relay, by which notices leave: submission with TLS, to the one host that was named.

Failure policy. Nothing is sent in plain text, but to this machine itself where the operator says so. A mail counts as
handed over when the relay has answered 250 to its data; whatever else happens, it counts as not sent. Recipients are
one a mail, so that a refusal is about one person.
"""

from __future__ import annotations

import smtplib
import socket
import ssl

import msgspec

from tocsin.connect.fetch import Login

_CONNECT_S = 20.0
_ANSWER_S = 60.0
_MOST_ANSWER = 300
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


class RelayError(Exception):
    """The relay cannot be used; the message says which, what it said, and what to do."""


class Refused(RelayError):
    """The relay does not take this mail: `code` is its SMTP code; below 500 it may take it later."""

    def __init__(self, code: int, answer: str) -> None:
        super().__init__(f"{code} {answer}")
        self.code = code


class Server(msgspec.Struct, frozen=True):
    """Where the relay is: `security` is "tls" (from the first byte), "starttls", or "none" (this machine alone)."""

    host: str
    port: int
    security: str
    login: Login | None = None
    ca_file: str = ""


class Relay:
    """A connection to the relay, logged in. Raises RelayError where it cannot be had."""

    def __init__(self, server: Server) -> None:
        self._server = server
        if server.security == "none" and server.host not in _LOOPBACK:
            raise RelayError(
                f"{server.host}: mail goes out encrypted, but to this machine; use tls or starttls"
            )
        try:
            context = ssl.create_default_context(cafile=server.ca_file or None)
            if server.security == "tls":
                self._client: smtplib.SMTP = smtplib.SMTP_SSL(
                    server.host, server.port, timeout=_CONNECT_S, context=context
                )
            else:
                self._client = smtplib.SMTP(server.host, server.port, timeout=_CONNECT_S)
        except (OSError, smtplib.SMTPException) as error:
            raise RelayError(f"{server.host}:{server.port}: cannot be reached ({_said(error)})") from error
        try:
            if server.security == "starttls":
                self._client.starttls(context=context)
            if server.login is not None:
                self._client.login(server.login.user, server.login.password)
            self._client.ehlo_or_helo_if_needed()
        except (OSError, smtplib.SMTPException) as error:
            self.close()
            what = (
                "does not take the login" if isinstance(error, smtplib.SMTPAuthenticationError) else "refuses"
            )
            raise RelayError(f"{server.host}:{server.port}: {what} ({_said(error)})") from error
        self._socket().settimeout(_ANSWER_S)

    def descriptor(self) -> int:
        """The connected socket, which the network guard must let pass."""
        return self._socket().fileno()

    def send(self, raw: bytes, sender: str, recipient: str) -> str:
        """Hand over one mail; returns what the relay answered. Raises Refused, RelayError where it went away."""
        client = self._client
        try:
            for code, answer in (client.mail(sender), client.rcpt(recipient)):
                if code not in (250, 251):
                    client.rset()
                    raise Refused(code, _shown(answer))
            code, answer = client.data(raw)
        except smtplib.SMTPDataError as error:
            raise Refused(error.smtp_code, _shown(error.smtp_error)) from error
        except (OSError, smtplib.SMTPException) as error:
            where = f"{self._server.host}:{self._server.port}"
            raise RelayError(
                f"{where}: went away ({_said(error)}); what it had not taken is not sent"
            ) from error
        if code != 250:
            raise Refused(code, _shown(answer))
        return f"{code} {_shown(answer)}"

    def close(self) -> None:
        """Say goodbye, if anybody listens."""
        try:
            self._client.quit()
        except (OSError, smtplib.SMTPException):
            self._client.close()

    def _socket(self) -> socket.socket:
        found = self._client.sock
        if found is None:
            raise RelayError(f"{self._server.host}: went away")
        return found


def _said(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{error.smtp_code} {_shown(error.smtp_error)}"
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return "".join(letter if letter.isprintable() else " " for letter in text)[:_MOST_ANSWER]


def _shown(answer: bytes | str) -> str:
    text = answer.decode("ascii", "replace") if isinstance(answer, bytes) else answer
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())[
        :_MOST_ANSWER
    ]
