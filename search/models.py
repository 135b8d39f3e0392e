"""What editors teach the search: words that mean the same."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils.translation import gettext_lazy as _

from search.analysis import canonical
from search.widening import LONGEST

MOST_WORDS = 12
"""Words of one group."""


class Synonym(models.Model):
    """A group of words each of which also finds the others, from the next search on."""

    words = models.TextField(
        _("同义词"),
        help_text=_("一行一个词，最多 12 个。搜索其中一个，也会找到其他的，例如：举报、检举、控告。"),
    )
    active = models.BooleanField(_("启用"), default=True)
    note = models.CharField(_("说明"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("同义词")
        verbose_name_plural = _("同义词")
        ordering = ["pk"]

    def __str__(self) -> str:
        return " = ".join(self.words.split())[:200]

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Saves; every process reads the groups anew at its next search."""
        super().save(*args, **kwargs)
        transaction.on_commit(_forget, robust=True)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Deletes; every process reads the groups anew at its next search."""
        deleted = super().delete(*args, **kwargs)
        transaction.on_commit(_forget, robust=True)
        return deleted

    @property
    def terms(self) -> tuple[str, ...]:
        """The words in canonical form, without repeats and without those that cannot be used."""
        read = (canonical(line) for line in self.words.splitlines())
        return tuple(dict.fromkeys(word for word in read if 2 <= len(word) <= LONGEST))[:MOST_WORDS]

    def clean(self) -> None:
        """At least two words, none of a single sign, none too long, not too many."""
        lines = [canonical(line) for line in self.words.splitlines() if line.strip()]
        if short := next((line for line in lines if len(line) < 2), None):
            raise ValidationError({"words": _("“%(word)s”太短，至少写两个字。") % {"word": short}})
        if any(len(line) > LONGEST for line in lines):
            raise ValidationError({"words": _("一个词最多 %(n)s 个字。") % {"n": LONGEST}})
        if len(set(lines)) < 2:
            raise ValidationError({"words": _("至少写两个不同的词，一行一个。")})
        if len(set(lines)) > MOST_WORDS:
            raise ValidationError({"words": _("一组最多 %(n)s 个词。") % {"n": MOST_WORDS}})


def _forget() -> None:
    from search import synonyms

    synonyms.forget()
