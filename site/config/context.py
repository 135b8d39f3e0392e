"""What every template knows of the site."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils import translation

# The tags of LOOK section 3, which are not Django's codes.
LANG = {"zh-hans": "zh-Hans", "en": "en"}


def site(request: HttpRequest) -> dict[str, Any]:
    """`site`: place, phone, exit, language, interfaces, is_demo; no query is run."""
    house, english = settings.QINGFENG, (translation.get_language() or "").startswith("en")
    return {
        "site": {
            "place": house["place_en"] if english else house["place"],
            "place_label": house["place_en"] if english else house["place"],
            "phone": house["phone"],
            "exit_url": house["exit_url"],
            "exit_name": house["exit_name"],
            "lang": LANG.get(translation.get_language() or "", "zh-Hans"),
            "interfaces": settings.INTERFACES,
            "is_demo": house["demo"],
            "url": settings.SITE_URL,
        }
    }
