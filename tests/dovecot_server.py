"""A Dovecot of the tests' own: IMAP (plain, STARTTLS, TLS by a CA made on the fly) and LMTP on loopback, without root.

Everything lies in one folder. Root runs it as the user nobody, so that both ways are one. Each address is an account:
any name logs in with PASSWORD, and LMTP takes mail for it; `home` has what was delivered, as Maildir.

    server = dovecot_server.start(folder)          # or start(folder, lmtp_port=2424)
    server.deliver("ada@desk.test", raw)           # by LMTP
    server.stop(); server.start(); server.close()
"""

from __future__ import annotations

import base64
import grp
import hmac
import json
import os
import pwd
import shutil
import signal
import smtplib
import socket
import ssl
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

PACKAGES = ("dovecot-imapd", "dovecot-lmtpd")
PASSWORD = "secret-of-the-tests"
_TOKEN_KEY = b"a key that signs tokens in tests"
HOST = "localhost"
START_S = 20.0

_CONFIGURATION = """\
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
protocols = imap lmtp
listen = 127.0.0.1
ssl = yes
ssl_cert = <{folder}/tls/cert.pem
ssl_key = <{folder}/tls/key.pem
disable_plaintext_auth = no
auth_mechanisms = plain login xoauth2 oauthbearer
auth_username_format = %Lu
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
mail_location = maildir:{folder}/mail/%Lu
mail_max_userip_connections = 100
first_valid_uid = 1
last_valid_uid = 0
maildir_very_dirty_syncs = no
mail_fsync = never
imap_capability = {capability}
imap_idle_notify_interval = 1 mins
auth_failure_delay = 0
passdb {{
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = {folder}/oauth2.conf
}}
passdb {{
  driver = static
  mechanisms = plain login
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/mail/%Lu allow_all_users=yes
}}
namespace inbox {{
  inbox = yes
  separator = /
}}
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service stats {{
  chroot =
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {imap_port}
  }}
  inet_listener imaps {{
    port = {imaps_port}
    ssl = yes
  }}
}}
service lmtp {{
  user = {user}
  inet_listener lmtp {{
    address = 127.0.0.1
    port = {lmtp_port}
  }}
}}
"""


def program() -> Path | None:
    """Dovecot's own program; Debian keeps it where only root's path leads."""
    for name in ("/usr/sbin/dovecot", shutil.which("dovecot")):
        if name and Path(name).exists():
            return Path(name)
    return None


def missing() -> str:
    """ "" where everything is installed, else the reason to skip that names the packages."""
    installed = all(
        any(Path(base, "dovecot", name).exists() for base in ("/usr/lib", "/usr/libexec"))
        for name in ("imap", "lmtp")
    )
    if program() is None or not installed or shutil.which("openssl") is None:
        return f"Dovecot or openssl is not installed (Debian packages {', '.join(PACKAGES)}, openssl)"
    return ""


def ending_with_us(signal_name: str = "TERM") -> list[str]:
    """What to put before a command so that it ends when this process is killed, where there is a program for that."""
    return ["setpriv", "--pdeathsig", signal_name] if shutil.which("setpriv") else []


def free_port() -> int:
    """A port of the loopback that nothing listened on a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Server:
    """A Dovecot in a folder; `ca_file` is what its certificate (localhost, 127.0.0.1) is verified by."""

    host = HOST

    def __init__(self, folder: Path, lmtp_port: int = 0, imap_port: int = 0, imaps_port: int = 0) -> None:
        self.folder = folder
        self.lmtp_port = lmtp_port or free_port()
        self.imap_port = imap_port or free_port()
        self.imaps_port = imaps_port or free_port()
        self.ca_file = folder / "tls" / "ca.pem"
        self.capability = ""  # "" for Dovecot's own
        self._process: subprocess.Popen[bytes] | None = None
        for name in ("run", "state", "mail", "tls"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        _certificates(folder / "tls")
        (folder / "keys" / "default" / "HS256").mkdir(parents=True, exist_ok=True)
        (folder / "keys" / "default" / "HS256" / "default").write_bytes(base64.b64encode(_TOKEN_KEY))
        (folder / "oauth2.conf").write_text(
            "introspection_mode = local\nusername_attribute = sub\n"
            f"local_validation_key_dict = fs:posix:prefix={folder}/keys/\n"
        )
        self._owner = pwd.getpwnam("nobody") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
        if os.geteuid() == 0:
            for path in (folder, *folder.rglob("*")):
                os.chown(path, self._owner.pw_uid, self._owner.pw_gid)

    def _configure(self) -> Path:
        path = self.folder / "dovecot.conf"
        path.write_text(
            _CONFIGURATION.format(
                folder=self.folder,
                user=self._owner.pw_name,
                group=grp.getgrgid(self._owner.pw_gid).gr_name,
                uid=self._owner.pw_uid,
                gid=self._owner.pw_gid,
                capability=self.capability,
                password=PASSWORD,
                imap_port=self.imap_port,
                imaps_port=self.imaps_port,
                lmtp_port=self.lmtp_port,
            )
        )
        return path

    def start(self) -> None:
        """Start, and wait until it answers. Raises RuntimeError with its log where it does not."""
        binary = program()
        assert binary is not None
        command = [*ending_with_us(), str(binary), "-F", "-c", str(self._configure())]
        more = (
            {"user": self._owner.pw_uid, "group": self._owner.pw_gid, "extra_groups": []} if _root() else {}
        )
        self._process = subprocess.Popen(  # type: ignore[call-overload]
            command,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=self.folder,
            start_new_session=True,
            **more,
        )
        until_s = time.monotonic() + START_S
        while time.monotonic() < until_s:
            if all(_answers(port) for port in (self.imap_port, self.lmtp_port)):
                return
            if self._process.poll() is not None:
                break
            time.sleep(0.02)
        self.stop()
        raise RuntimeError(f"Dovecot does not start:\n{self.log()}")

    def stop(self) -> None:
        """Stop as a failing machine would: who is connected loses the connection."""
        if self._process is None:
            return
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(10)
        self._process = None

    def close(self) -> None:
        """Stop and remove everything."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def log(self) -> str:
        """What it wrote."""
        path = self.folder / "log"
        return path.read_text(errors="replace") if path.exists() else ""

    def home(self, address: str) -> Path:
        """The Maildir of an account; other folders lie in it as `.Name`."""
        return self.folder / "mail" / address.lower()

    def deliver(self, address: str, raw: bytes, sender: str = "sender@away.test") -> None:
        """Hand a mail over by LMTP, as Postfix would."""
        with smtplib.LMTP("127.0.0.1", self.lmtp_port, local_hostname="mx.desk.test", timeout=30) as client:
            client.sendmail(sender, [address], raw)

    def token(self, address: str, lasts_s: int = 3600) -> str:
        """A bearer token for XOAUTH2 and OAUTHBEARER (RFC 7519, HS256); with `lasts_s` below zero, one that is over."""
        now_s = int(time.time())
        claims = {"sub": address, "iat": now_s - 7200, "exp": now_s + lasts_s}
        parts = [_base64url(json.dumps(part).encode()) for part in ({"alg": "HS256", "typ": "JWT"}, claims)]
        signature = hmac.digest(_TOKEN_KEY, ".".join(parts).encode(), "sha256")
        return ".".join((*parts, _base64url(signature)))

    def context(self) -> ssl.SSLContext:
        """What verifies this server and no other."""
        return ssl.create_default_context(cafile=str(self.ca_file))


def start(folder: Path, lmtp_port: int = 0) -> Server:
    """A running server in a folder. Its path must be short (sockets have 107 bytes at most) and open to `nobody`."""
    server = Server(folder, lmtp_port)
    server.start()
    return server


def serve(lmtp_port: int = 0) -> Iterator[Server]:
    """Start a server in a folder of its own, and remove both afterwards. Call only where nothing is `missing`."""
    folder = Path(tempfile.mkdtemp(prefix="tocsin-dc-"))
    server = None
    try:
        server = start(folder, lmtp_port)
        yield server
    finally:
        if server is not None:
            server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _root() -> bool:
    return os.geteuid() == 0


def _answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=2) as connection:
            return connection.recv(4) != b""
    except OSError:
        return False


def _certificates(folder: Path) -> None:
    """A CA and a certificate for localhost, good for two days."""

    def openssl(*arguments: str) -> None:
        subprocess.run(["openssl", *arguments], check=True, capture_output=True, cwd=folder, timeout=60)

    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    openssl(
        *("req", "-x509", *key, "-keyout", "ca.key", "-out", "ca.pem", "-days", "2"),
        *("-subj", "/CN=Test CA of desk.test", "-addext", "keyUsage=critical,keyCertSign,cRLSign"),
    )
    openssl("req", *key, "-keyout", "key.pem", "-out", "cert.csr", "-subj", "/CN=localhost")
    (folder / "names").write_text(
        "subjectAltName=DNS:localhost,IP:127.0.0.1\nbasicConstraints=CA:FALSE\n"
        "subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n"
    )
    openssl(
        *("x509", "-req", "-in", "cert.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial"),
        *("-days", "2", "-extfile", "names", "-out", "cert.pem"),
    )
