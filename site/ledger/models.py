"""Events that cannot be changed in silence, and the tree over them (RFC 6962; VAULT: event leaf)."""

from __future__ import annotations

import uuid

from django.db import models


class Event(models.Model):
    """One thing that happened, with the openings of its leaf.

    The leaf commits to a public half {event, tag, kind, date} and a private half {actor, details, cell}.
    `at` stays empty for what a reporter does: only the day is known.
    """

    uuid = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=40)
    tag = models.BinaryField(max_length=16, blank=True, default=b"", db_index=True)  # 16 random bytes a tip
    date = models.DateField()
    at = models.DateTimeField(null=True, blank=True)
    actor = models.CharField(max_length=64, blank=True)  # "user:7", "reporter", "system"
    details = models.JSONField(default=dict, blank=True)  # public matters only; a tip's details are a cell
    cell_hash = models.BinaryField(max_length=32, blank=True, default=b"")
    salt_public = models.BinaryField(max_length=32)
    salt_private = models.BinaryField(max_length=32)
    leaf_hash = models.BinaryField(max_length=32, db_index=True)
    # Where it stands in the tree; empty until the sequencer has appended it.
    position = models.BigIntegerField(null=True, blank=True, unique=True)
    # The event that lists this one as destroyed. Then kind, actor, tag, details and salts are gone.
    destroyed_by = models.UUIDField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["date"]),
            models.Index(fields=["kind", "date"]),
            models.Index(
                fields=["uuid"], name="event_unsequenced", condition=models.Q(position__isnull=True)
            ),
        ]


class Node(models.Model):
    """The hash of a complete subtree of 2**level leaves, the `index`-th from the left."""

    level = models.PositiveSmallIntegerField()
    index = models.BigIntegerField()
    hash = models.BinaryField(max_length=32)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["level", "index"], name="one_node_a_place")]


class Page(models.Model):
    """The leaves of one batch as they were appended, signed: who rebuilds the whole tree meets their hashes.

    `note` is a signed note over where the batch starts, its day, whether
    anything waited after it, and the SHA-256 of `leaves`.
    """

    start = models.BigIntegerField(primary_key=True)
    date = models.DateField()
    emptied = models.BooleanField()  # did nothing wait after it
    leaves = models.BinaryField()  # 32 bytes each
    note = models.TextField()


class Checkpoint(models.Model):
    """A signed head of the tree (C2SP tlog-checkpoint)."""

    size = models.BigIntegerField(unique=True)
    root = models.BinaryField(max_length=32)
    note = models.TextField()
    created_at = models.DateTimeField()


class Sequencer(models.Model):
    """One row: its lock lets one process append at a time."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    size = models.BigIntegerField(default=0)
    appended_on = models.DateField(null=True, blank=True)


class KeyChange(models.Model):
    """From `size` leaves on, the ledger signs with another key; `note` says so, signed by both."""

    size = models.BigIntegerField(unique=True)
    note = models.TextField()
    created_at = models.DateTimeField()


class Witness(models.Model):
    """Somebody outside who keeps our checkpoints, and may sign that they agree with those kept before."""

    name = models.CharField(max_length=200, unique=True)  # of the key, or of whom the mail goes to
    vkey = models.CharField(max_length=400, blank=True)  # type 0x04 (C2SP tlog-cosignature); empty: mail only
    email = models.EmailField(blank=True)
    url = models.URLField(blank=True)  # submission prefix (C2SP tlog-witness)
    size = models.BigIntegerField(default=0)  # of the latest checkpoint that it has cosigned
    added_at = models.DateTimeField()
    active = models.BooleanField(default=True)

    class Meta:
        verbose_name_plural = "witnesses"


class Cosignature(models.Model):
    """One witness's line under one checkpoint."""

    checkpoint = models.ForeignKey(Checkpoint, models.PROTECT, related_name="cosignatures")
    witness = models.ForeignKey(Witness, models.PROTECT, related_name="cosignatures")
    line = models.CharField(max_length=600)  # as it stands in the note, without its newline
    signed_at = models.DateTimeField()  # as the witness says

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["checkpoint", "witness"], name="one_cosignature_a_witness")
        ]
