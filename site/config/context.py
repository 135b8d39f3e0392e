"""What every template knows of the site."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import translate_url
from django.utils import translation

from config.interfaces import staff

# The tags of LOOK section 3, which are not Django's codes.
LANG = {"zh-hans": "zh-Hans", "en": "en"}


def site(request: HttpRequest) -> dict[str, Any]:
    """`site`: place, phone, exit, languages (of this page), interfaces, is_demo; no query is run."""
    house, english = settings.QINGFENG, (translation.get_language() or "").startswith("en")
    return {
        "site": {
            "place": house["place_en"] if english else house["place"],
            "place_label": house["place_en"] if english else house["place"],
            "phone": house["phone"],
            "exit_url": house["exit_url"],
            "exit_name": house["exit_name"],
            "lang": LANG.get(translation.get_language() or "", "zh-Hans"),
            "languages": languages(request),
            "interfaces": settings.INTERFACES,
            "is_demo": house["demo"],
            "url": settings.SITE_URL,
        }
    }


def languages(request: HttpRequest) -> list[dict[str, Any]]:
    """This page in each language: {code, lang, name, url, current}. Staff pages have one address: none.

    The address keeps no query string: words that were searched for are not carried into links.
    """
    if staff(request.path):
        return []
    here = translation.get_language()
    return [
        {
            "code": code,
            "lang": LANG[code],
            "name": name,
            "url": translate_url(request.path, code),
            "current": code == here,
        }
        for code, name in settings.LANGUAGES
    ]
