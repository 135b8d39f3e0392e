"""The ledger for machines: checkpoints, tiles, proofs (C2SP), one JSON object, one feed, the checker.

All of it is about hashes and signatures: nothing here can name what happened. Nothing is told of the tree
beyond its newest checkpoint, so that who asks often learns no more than who asks once a period.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import re
from collections.abc import Callable
from functools import cache, wraps
from pathlib import Path
from typing import Any

import ledger
from django.contrib.syndication.views import Feed as Syndication
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils.feedgenerator import Atom1Feed
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe
from ledger import checkpoints, keys, notes, tree, witnesses
from ledger.models import Checkpoint, Event, Witness

CHECKER = Path(str(ledger.__file__)).parent / "standalone" / "verify.py"
MOST_POSTED = 65_536
LEVELS = tuple("01234567")
SHORT, LONG = "public, max-age=5", "public, max-age=31536000, immutable"
TILE = re.compile(r"((?:x\d{3}/)*\d{3})(?:\.p/([1-9]\d{0,2}))?")
TEXT = "text/plain; charset=utf-8"


class Asked(ValueError):
    """A question without the form, or about what is not there; the sentence goes into the answer."""

    def __init__(self, sentence: str, status: int = 400) -> None:
        super().__init__(sentence)
        self.status = status


def machine(cache_control: str) -> Callable[..., Any]:
    """For machines of any origin: errors as JSON, and how long the answer keeps."""

    def decorate(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @wraps(view)
        def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            try:
                response = view(request, *args, **kwargs)
                response.headers["Cache-Control"] = cache_control
            except Asked as error:
                response = JsonResponse({"error": str(error)}, status=error.status)
                response.headers["Cache-Control"] = "no-store"
            response.headers["Access-Control-Allow-Origin"] = "*"
            return response

        return answer

    return decorate


def _newest() -> Checkpoint:
    newest = checkpoints.latest()
    if newest is None:
        raise Asked("there is no checkpoint yet", 404)
    return newest


def _number(request: HttpRequest, name: str, most: int, default: int | None = None) -> int:
    """A whole number of at most `most` from the query. Raises Asked."""
    typed = request.GET.get(name, "")
    if not typed and default is not None:
        return default
    if not (typed.isascii() and typed.isdecimal() and len(typed) < 20):
        raise Asked(f"{name} must be a whole number")
    if int(typed) > most:
        raise Asked(f"{name} is at most {most} by the newest checkpoint", 404)
    return int(typed)


# Checkpoints and tiles ----------------------------------------------------------------------------------


@require_safe
@machine(SHORT)
def checkpoint(request: HttpRequest) -> HttpResponse:
    """The newest checkpoint with all cosignatures (C2SP tlog-tiles: <prefix>/checkpoint)."""
    return HttpResponse(checkpoints.signed(_newest()), content_type=TEXT)


@require_safe
@machine("public, max-age=60")
def checkpoint_of(request: HttpRequest, size: int) -> HttpResponse:
    """An older one."""
    row = Checkpoint.objects.filter(size=size).first() if size < 2**63 else None
    if row is None:
        raise Asked("no checkpoint was made at this size", 404)
    return HttpResponse(checkpoints.signed(row), content_type=TEXT)


@require_safe
@machine(LONG)
def tile(request: HttpRequest, level: str, index: str) -> HttpResponse:
    """Hashes of one tile, whole or partial (C2SP tlog-tiles). Entries are not served: only who was given an
    opening can open a leaf."""
    found = TILE.fullmatch(index)
    if found is None or level not in LEVELS or len(found[1]) > 24:
        raise Asked("not the address of a tile", 404)
    number, width = int(found[1].replace("/", "").replace("x", "")), int(found[2] or tree.TILE)
    there = (_newest().size >> (8 * int(level))) - number * tree.TILE
    if width > tree.TILE or (found[2] and width == tree.TILE) or width > there:
        raise Asked("the newest checkpoint has no such tile", 404)
    return HttpResponse(tree.tile(int(level), number, width), content_type="application/octet-stream")


# Proofs -------------------------------------------------------------------------------------------------


@require_safe
@machine("public, max-age=60")
def inclusion(request: HttpRequest) -> HttpResponse:
    """?index= or ?leaf= (hex), and ?size= (default: of the newest checkpoint): the proof of one leaf."""
    newest = _newest().size
    size = _number(request, "size", newest, newest)
    leaf = request.GET.get("leaf", "")
    index = _place(leaf) if leaf else _number(request, "index", newest)
    if index >= size:
        raise Asked("this leaf is in no tree of that size", 404)
    (there,) = tree.nodes([(0, index)]).values()
    proof = tree.inclusion_proof(index, size)
    return JsonResponse({"index": index, "size": size, "leaf": there.hex(), "proof": _texts(proof)})


def _place(typed: str) -> int:
    if not re.fullmatch(r"[0-9a-fA-F]{64}", typed):
        raise Asked("leaf must be 64 hex digits")
    rows = Event.objects.filter(leaf_hash=bytes.fromhex(typed)).values_list("position", flat=True)
    position = rows.first()
    if position is None:  # unknown, or in no tree yet: one answer for both
        raise Asked("this leaf is in no tree of that size", 404)
    return position


@require_safe
@machine("public, max-age=60")
def consistency(request: HttpRequest) -> HttpResponse:
    """?old= and ?new= (default: the newest checkpoint): the proof that one tree goes on from the other."""
    newest = _newest().size
    new = _number(request, "new", newest, newest)
    old = _number(request, "old", new)
    return JsonResponse({"old": old, "new": new, "proof": _texts(tree.consistency_proof(old, new))})


def _texts(values: list[bytes]) -> list[str]:
    return [base64.b64encode(value).decode() for value in values]


# What else there is -------------------------------------------------------------------------------------


@require_safe
@machine(SHORT)
def latest(request: HttpRequest) -> HttpResponse:
    """The newest checkpoint taken apart, the keys, the witnesses, and when the next one comes."""
    newest = _newest()
    rows = Witness.objects.filter(active=True).exclude(vkey="").order_by("name")
    return JsonResponse(
        {
            "origin": notes.key_name(),
            "size": newest.size,
            "root": base64.b64encode(bytes(newest.root)).decode(),
            "checkpoint": checkpoints.signed(newest),
            "made_at": newest.created_at.isoformat(timespec="seconds"),
            "next_at": checkpoints.next_at().isoformat(timespec="seconds"),
            "key": notes.own_vkey(),
            "key_changes": keys.changes(),
            "witnesses": [{"name": row.name, "key": row.vkey, "size": row.size} for row in rows],
            "sizes": list(Checkpoint.objects.order_by("-size").values_list("size", flat=True)[:100]),
        }
    )


@require_safe
@machine("public, max-age=60")
def key_changes(request: HttpRequest) -> HttpResponse:
    """All signed changes of the key, one after another, with a line of dots between them."""
    return HttpResponse("…\n".join(keys.changes()), content_type=TEXT)


@csrf_exempt  # nobody is logged in for this: what counts is the signature
@require_POST
@machine("no-store")
def cosignatures(request: HttpRequest) -> HttpResponse:
    """A checkpoint of ours with the line of a named witness under it: kept, where the line holds."""
    if int(request.META.get("CONTENT_LENGTH") or 0) > MOST_POSTED:
        raise Asked("at most 64 kB", 413)
    try:
        kept = witnesses.take(request.read(MOST_POSTED).decode())
    except ValueError as error:
        sentence = str(error) if isinstance(error, notes.NoteInvalid) else "not UTF-8"
        raise Asked(sentence) from None
    return JsonResponse({"kept": len(kept)})


@cache
def checker() -> tuple[bytes, str]:
    """The standalone checker and its SHA-256."""
    content = CHECKER.read_bytes()
    return content, hashlib.sha256(content).hexdigest()


@require_safe
@machine("public, max-age=60")
def verify_file(request: HttpRequest) -> HttpResponse:
    """verify.py, one file."""
    response = HttpResponse(checker()[0], content_type="text/x-python; charset=utf-8")
    response.headers["Content-Disposition"] = 'attachment; filename="verify.py"'
    return response


class Feed(Syndication):
    """The newest checkpoints, to be kept by whoever reads them."""

    feed_type = Atom1Feed
    link = "/ledger/"

    def title(self) -> str:
        return _("清风：公开账本的账底")

    def items(self) -> list[Checkpoint]:
        return list(Checkpoint.objects.order_by("-size")[:50])

    def item_title(self, item: Checkpoint) -> str:
        return _("%(size)d 行的账底") % {"size": item.size}

    def item_description(self, item: Checkpoint) -> str:
        return checkpoints.signed(item)

    def item_link(self, item: Checkpoint) -> str:
        return f"/ledger/checkpoints/{item.size}"

    def item_pubdate(self, item: Checkpoint) -> dt.datetime:
        return item.created_at

    item_updateddate = item_pubdate

    def __call__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.method not in ("GET", "HEAD"):
            raise Http404
        return super().__call__(request, *args, **kwargs)
