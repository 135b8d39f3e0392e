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
    leaf_hash = models.BinaryField(max_length=32)
    # Where it stands in the tree; empty until the sequencer has appended it.
    position = models.BigIntegerField(null=True, blank=True, unique=True)

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
