"""Elasticsearch behind TLS: the authority of the settings decides, and the key is shown to nobody else."""

from __future__ import annotations

import datetime as dt
import ipaddress
import json
import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from django.test import override_settings

from search.engines import current
from search.engines.elastic import ElasticEngine


def certificate(folder: Path) -> Path:
    """A certificate for 127.0.0.1 that signs itself, with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "search.internal")])
    start = dt.datetime.now(dt.UTC) - dt.timedelta(days=400)
    address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + dt.timedelta(days=4000))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(address, critical=False)
        .sign(key, hashes.SHA256())
    )
    file = folder / "ca.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.write_bytes(made.public_bytes(serialization.Encoding.PEM) + private)
    return file


class Node(BaseHTTPRequestHandler):
    """Says that it is well, and remembers what it was shown."""

    shown: list[str]

    def do_GET(self) -> None:
        self.shown.append(self.headers.get("Authorization", ""))
        body = json.dumps({"status": "green"}).encode()
        self.send_response(200)
        self.send_header("X-Elastic-Product", "Elasticsearch")
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: Any) -> None:
        """Nothing."""


@pytest.fixture
def node(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """Its address, and the certificate to trust."""
    file = certificate(tmp_path)
    Node.shown = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Node)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.handle_error = lambda *args: None  # type: ignore[method-assign]  (a client that hangs up is expected)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"https://127.0.0.1:{server.server_address[1]}", file
    server.shutdown()
    server.server_close()


def test_the_key_goes_to_the_node_that_the_authority_vouches_for(node: tuple[str, Path]) -> None:
    url, file = node
    with override_settings(
        ELASTICSEARCH_URL=url, ELASTICSEARCH_CA=str(file), ELASTICSEARCH_API_KEY="aWQ6a2V5"
    ):
        engine = current.disclosures()
    assert isinstance(engine, ElasticEngine)
    assert engine.up()
    assert set(Node.shown) == {"ApiKey aWQ6a2V5"}
    engine.close()


def test_nothing_is_said_to_a_node_that_nobody_vouches_for(node: tuple[str, Path]) -> None:
    url, _ = node
    engine = ElasticEngine(url, "test-stranger", api_key="aWQ6a2V5", timeout=5)
    assert not engine.up()
    assert Node.shown == []
    engine.close()


@pytest.mark.parametrize(
    ("replicas", "asked"),
    [
        ("0-1", {"auto_expand_replicas": "0-1"}),
        ("0-all", {"auto_expand_replicas": "0-all"}),
        ("2", {"auto_expand_replicas": False, "number_of_replicas": 2}),
    ],
)
def test_copies(replicas: str, asked: dict[str, Any]) -> None:
    from search.engines.elastic import _copies

    assert _copies(replicas) == asked
