"""Is every published version still what its event in the ledger commits to? Part of `ledger_verify`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from ledger.models import Event
from ledger.verify import Fault

from cms.models import PublishedVersion
from cms.publishing.snapshot import digest

CHUNK = 200


def published_versions() -> Iterator[Fault]:
    """Faults of versions, each with its event; memory holds one batch of an import at most."""
    rows = PublishedVersion.objects.visible().filter(batch=None).order_by("pk")
    chunk: list[PublishedVersion] = []
    for version in rows.iterator(CHUNK):
        chunk.append(version)
        if len(chunk) == CHUNK:
            yield from _singly(chunk)
            chunk = []
    yield from _singly(chunk)
    yield from _missing()
    switched = PublishedVersion.objects.visible().exclude(batch=None).order_by("event")
    for pk in switched.values_list("event", flat=True).distinct().iterator(CHUNK):
        yield from _together(pk)


def _singly(versions: list[PublishedVersion]) -> Iterator[Fault]:
    events = Event.objects.in_bulk([v.event for v in versions if v.event])
    for version in versions:
        event = events.get(version.event)
        name = f"version {version.number} of {version.address}"
        if event is None:
            yield Fault("", f"{name} has no event in the ledger: it was put in")
            continue
        said = event.details
        if (said.get("address"), said.get("version")) != (version.address, version.number):
            yield Fault(str(event.pk), f"{name} is not the version that the event is about")
        elif event.kind != version.action or said.get("sha256", "") != version.sha256:
            yield Fault(str(event.pk), f"{name} is not what was published")
        else:
            yield from _content(version, str(event.pk), name)


def _content(version: PublishedVersion, event: str, name: str) -> Iterator[Fault]:
    """The content that is kept must have the hash that is kept."""
    if version.content is not None and digest(version.content) != version.sha256:
        yield Fault(event, f"the text of {name} was changed after it was published")


def _missing() -> Iterator[Fault]:
    """Events of publications whose version is gone."""
    events = Event.objects.filter(kind__in=["published", "withdrawn"]).order_by("pk")
    chunk: list[Event] = []
    for event in events.iterator(CHUNK):
        chunk.append(event)
        if len(chunk) == CHUNK:
            yield from _without(chunk)
            chunk = []
    yield from _without(chunk)


def _without(events: list[Event]) -> Iterator[Fault]:
    rows = PublishedVersion.objects.filter(event__in=[event.pk for event in events])
    there = set(rows.values_list("event", flat=True))
    for event in events:
        if event.pk in there or not (event.details.get("address") or event.details.get("versions")):
            continue
        what = f"version {event.details.get('version')} of {event.details.get('address')}"
        if "batch" in event.details:
            what = f"what the import {event.details['batch']} brought"
        yield Fault(str(event.pk), f"{what} was published and is gone")


def _together(pk: UUID | None) -> Iterator[Fault]:
    """One event commits to all versions that the switch of an import made public."""
    manifest: dict[str, list[Any]] = {}
    rows = PublishedVersion.objects.visible().exclude(batch=None).filter(event=pk).order_by("pk")
    for version in rows.iterator(CHUNK):
        manifest[version.address] = [version.number, version.sha256]
        yield from _content(version, str(pk), f"version {version.number} of {version.address}")
    event = Event.objects.filter(pk=pk).first()
    if event is None:
        first = next(iter(manifest), "")
        yield Fault("", f"{len(manifest)} imported versions ({first} …) have no event in the ledger")
    elif event.details.get("sha256") != digest(manifest):
        what = f"the import {event.details.get('batch')}"
        yield Fault(str(event.pk), f"the versions of {what} are not those that were published")
