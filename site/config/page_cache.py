"""Public pages, kept as they were drawn until anything that is published changes.

One generation for the whole site (cms.publishing.generations) is part of every key and is read before a page
is drawn: one that was drawn while something changed is stored where nobody will look. What a visitor asked
for in words, what a signed-in or confiding visitor sees, and what sets a cookie is never kept.
"""

from __future__ import annotations

import logging
import re
from hashlib import blake2b

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response

from cms.publishing import generations
from cms.publishing import kept as kept_values
from config import interfaces
from config.middleware import GetResponse

log = logging.getLogger("config")
Kept = tuple[bytes, str, dict[str, str]]  # the page, its tag, its headers
# Up to three of the lists' own filters; words that somebody looks for are no business of a cache.
NAMES = "page|category|kind|level|organisation|region|source|year|month"
QUERY = re.compile(rf"(?:(?:^|&)(?:{NAMES})=[A-Za-z0-9_.-]{{0,40}}){{0,3}}")
# They show what changes without anything being published: the index's answers, the newest head of the ledger.
LIVE = ("/search/", "/ledger/", "/stats/", "/api/")
LARGEST = 512_000  # bytes of a page
HEADERS = ("Content-Type", "Content-Language", "Last-Modified", "X-Robots-Tag", "Link")


def page_cache(get_response: GetResponse) -> GetResponse:
    """Answers from the cache where it may; 304 where the visitor has the page already (RFC 9110, 13.1.2)."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if not may_be_kept(request):
            return get_response(request)
        try:
            generation = generations.current()
            key = key_of(request, generation)
            kept: Kept | None = cache.get(key)
        except Exception as error:  # noqa: BLE001  (a cache that is down costs time, not the page)
            log.warning("the page cache does not answer: %s", type(error).__name__)
            return get_response(request)
        if kept is None:
            response = get_response(request)
            if not keepable(response):
                return response
            tag = f'"{blake2b(response.content, digest_size=16).hexdigest()}"'
            headers = {name: response[name] for name in HEADERS if name in response}
            kept = (response.content, tag, headers)
            try:
                cache.set(key, kept, timeout=kept_values.seconds_left(generation))
            except Exception as error:  # noqa: BLE001  (as above)
                log.warning("a page was not kept: %s", type(error).__name__)
        content, tag, headers = kept
        response = HttpResponse(content, headers=headers | {"ETag": tag, "Cache-Control": "no-cache"})
        return get_conditional_response(request, etag=tag, response=response) or response

    return middleware


def may_be_kept(request: HttpRequest) -> bool:
    """A question by anybody for what everybody sees."""
    path = interfaces.bare(request.path)
    return (
        settings.PAGE_CACHE_SECONDS > 0
        and request.method == "GET"
        and not getattr(request, "is_dummy", False)  # a preview of the admin
        and interfaces.of(request.path) == {"public"}
        and not path.startswith(LIVE)
        and not any(name.startswith(("qf_", settings.SESSION_COOKIE_NAME)) for name in request.COOKIES)
        and QUERY.fullmatch(request.META.get("QUERY_STRING", "")) is not None
    )


def keepable(response: HttpResponse) -> bool:
    """A whole page that is the same for everybody."""
    return (
        response.status_code == 200
        and not response.streaming
        and not response.cookies
        and "cookie" not in response.get("Vary", "").lower()
        and "private" not in response.get("Cache-Control", "")
        and "no-store" not in response.get("Cache-Control", "")
        and len(response.content) <= LARGEST
    )


def key_of(request: HttpRequest, generation: str) -> str:
    """A hash: the address itself does not lie in the cache."""
    asked = f"{request.get_host()} {request.get_full_path()}".encode()
    return f"{generations.PAGES}{generation}:{blake2b(asked, digest_size=16).hexdigest()}"
