"""Sealed files in an S3-compatible store: a local server that speaks its protocol."""

from __future__ import annotations

import datetime as dt
import logging
import os
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from config import env
from django.core.cache import cache
from django.core.exceptions import ImproperlyConfigured
from django.core.files.storage import storages
from workdays import clock

from complaints.intake import drafts
from complaints.vault import files
from complaints.vault.errors import Corrupt

KEY = bytes(range(32))


@pytest.fixture(scope="module")
def server() -> Iterator[Any]:
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    yield server._server
    server.stop()


@pytest.fixture
def bucket(server: Any, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The client of a fresh bucket, to which FILES_URL points."""
    import boto3

    name = f"sealed-{uuid4().hex[:8]}"
    address = f"127.0.0.1:{server.server_port}"
    client = boto3.client(
        "s3",
        endpoint_url=f"http://{address}",
        aws_access_key_id="key",
        aws_secret_access_key="secret",
        region_name="us-east-1",
    )
    client.create_bucket(Bucket=name)
    for variable, value in (("URL", f"s3+http://{address}/{name}"), ("KEY", "key"), ("SECRET", "secret")):
        monkeypatch.setenv(f"FILES_{variable}", value)
    settings.STORAGES = settings.STORAGES | {"sealed": env.store("FILES", settings.VAR_DIR)}
    client.name = name
    return client


def written(content: bytes) -> files.Written:
    with files.SealedWriter(uuid4(), KEY) as writer:
        writer.write(content)
    return writer.close()


def opened(done: files.Written) -> bytes:
    return b"".join(files.open_blob(done.name, done.uuid, KEY, done.true_size))


@pytest.mark.once
def test_it_works(bucket: Any) -> None:
    content = os.urandom(9 * 2**20)  # more than one part
    done = written(content)
    assert opened(done) == content
    stored = bucket.get_object(Bucket=bucket.name, Key=done.name)["Body"].read()
    assert stored[:4] == b"qf1F"
    assert content[:64] not in stored
    files.delete_blob(done.name)
    files.delete_blob(done.name)  # gone already: no error
    assert not files.store().exists(done.name)
    with pytest.raises(Corrupt):
        opened(done)


@pytest.mark.once
def test_what_is_dropped_leaves_nothing(bucket: Any) -> None:
    writer = files.SealedWriter(uuid4(), KEY)
    writer.write(os.urandom(9 * 2**20))
    writer.abort()
    assert "Contents" not in bucket.list_objects_v2(Bucket=bucket.name)
    assert not bucket.list_multipart_uploads(Bucket=bucket.name).get("Uploads")


@pytest.mark.once
def test_a_changed_blob_does_not_open(bucket: Any) -> None:
    done = written(b"evidence" * 20_000)
    stored = bytearray(bucket.get_object(Bucket=bucket.name, Key=done.name)["Body"].read())
    stored[5000] ^= 1
    bucket.put_object(Bucket=bucket.name, Key=done.name, Body=bytes(stored))
    with pytest.raises(Corrupt):
        opened(done)


def test_orphans_are_swept(bucket: Any, db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    kept, orphan = written(b"kept"), written(b"orphan")
    kept.row(draft=uuid4()).save()
    later = clock.now() + dt.timedelta(days=3)
    monkeypatch.setattr(clock, "now", lambda: later)
    cache.delete("intake-sweep-blobs")
    assert drafts.sweep_blobs() == 1
    assert files.store().exists(kept.name)
    assert not files.store().exists(orphan.name)


@pytest.mark.once
def test_a_store_that_is_away_says_so_without_its_words(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable, value in (("URL", "s3+http://127.0.0.1:9/none"), ("KEY", "k"), ("SECRET", "s")):
        monkeypatch.setenv(f"FILES_{variable}", value)
    settings.STORAGES = settings.STORAGES | {"sealed": env.store("FILES", settings.VAR_DIR)}
    with pytest.raises(OSError, match="cannot be reached"):
        storages["sealed"].open("aa/bb", "rb")


@pytest.mark.once
@pytest.mark.parametrize(
    ("address", "names"),
    [("s3://host", "FILES_URL"), ("s3+http://files.example/b", "FILES_URL"), ("s3://host/b", "FILES_KEY")],
)
def test_wrong_values_are_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any, address: str, names: str
) -> None:
    monkeypatch.setenv("FILES_URL", address)
    monkeypatch.delenv("FILES_KEY", raising=False)
    with pytest.raises(ImproperlyConfigured, match=names):
        env.store("FILES", tmp_path)
