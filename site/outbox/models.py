"""What must happen later: a row in the transaction that caused it, swept until it is done."""

from __future__ import annotations

from django.db import models


class Entry(models.Model):
    """One thing to do. `ref` is a row's id, never content."""

    kind = models.CharField(max_length=60)
    ref = models.CharField(max_length=100)
    created_at = models.DateTimeField(auto_now_add=True)
    due_at = models.DateTimeField()
    claimed_until = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveIntegerField(default=0)
    done_at = models.DateTimeField(null=True, blank=True)
    error = models.CharField(max_length=200, blank=True)  # the exception's class, never its text

    class Meta:
        verbose_name_plural = "entries"
        indexes = [
            models.Index(fields=["due_at"], name="entry_open", condition=models.Q(done_at__isnull=True)),
        ]


class Heartbeat(models.Model):
    """When a process of the house last said that it lives: worker, vault-worker, beat."""

    name = models.CharField(max_length=60, primary_key=True)
    at = models.DateTimeField()
    public_key = models.BinaryField(max_length=32, blank=True, default=b"")  # of a vault worker
    mac = models.BinaryField(max_length=32, blank=True, default=b"")  # over it, by the worker secret
