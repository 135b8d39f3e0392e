"""The catalogue of what may be taken away: DCAT-AP 3.0.1 in JSON-LD, and schema.org for search engines."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import override

from cms.data.registers import REGISTERS
from cms.models import PublishedVersion

LICENCE = "https://creativecommons.org/licenses/by/4.0/"
AUTHORITY = "http://publications.europa.eu/resource/authority"
# Suffix → (media type, the EU's name of the file type).
FORMATS = {
    "csv": ("text/csv", "CSV"),
    "jsonl": ("application/jsonl", "JSON"),
    "xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "XLSX"),
}
CONTEXT = {
    "dcat": "http://www.w3.org/ns/dcat#",
    "dct": "http://purl.org/dc/terms/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "vcard": "http://www.w3.org/2006/vcard/ns#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "dcatap": "http://data.europa.eu/r5r/",
    "skos": "http://www.w3.org/2004/02/skos/core#",
}
Node = dict[str, Any]


def catalogue() -> Node:
    """One graph: catalogue, publisher, a dataset a register with its distributions, the API as a service."""
    site = settings.SITE_URL
    home = f"{site}/data/"
    newest = PublishedVersion.objects.visible().order_by("-sequence").first()
    modified = _date(newest.published_at) if newest else None
    publisher = {"@id": f"{home}#publisher", "@type": "foaf:Agent", "foaf:name": _publisher()}
    contact = {
        "@id": f"{home}#contact",
        "@type": ["vcard:Organization", "vcard:Kind"],
        "vcard:fn": _publisher(),
        "vcard:hasURL": {"@id": f"{site}/about/"},
    }
    datasets = [_dataset(kind, home, modified) for kind in REGISTERS]
    service = {
        "@id": f"{home}#api",
        "@type": "dcat:DataService",
        "dct:title": _said("清风接口", "Qingfeng API"),
        "dct:description": _said("只读接口，不用登记。", "Read-only, without registration."),
        "dct:publisher": {"@id": publisher["@id"]},
        "dcat:contactPoint": {"@id": contact["@id"]},
        "dcat:endpointURL": {"@id": site + reverse("api:root")},
        "dcat:endpointDescription": {"@id": site + reverse("api:openapi-json")},
        "dcat:servesDataset": [{"@id": dataset["@id"]} for dataset in datasets],
        "dct:license": {"@id": LICENCE},
        "dct:accessRights": {"@id": f"{AUTHORITY}/access-right/PUBLIC"},
    }
    head: Node = {
        "@id": f"{home}#catalogue",
        "@type": "dcat:Catalog",
        "dct:title": _said("清风开放数据", "Qingfeng open data"),
        "dct:description": _said("本站公布的全部登记内容。", "All registers that this site publishes."),
        "dct:publisher": {"@id": publisher["@id"]},
        "dct:language": _languages(),
        "foaf:homepage": {"@id": home},
        "dct:license": {"@id": LICENCE},
        "dcat:dataset": [{"@id": dataset["@id"]} for dataset in datasets],
        "dcat:service": {"@id": service["@id"]},
    }
    if modified:
        head["dct:modified"] = modified
    known = [
        {"@id": LICENCE, "@type": "dct:LicenseDocument"},
        {"@id": home, "@type": "foaf:Document"},
        {"@id": f"{AUTHORITY}/access-right/PUBLIC", "@type": "dct:RightsStatement"},
        *({"@id": language["@id"], "@type": "dct:LinguisticSystem"} for language in _languages()),
        {
            "@id": f"{AUTHORITY}/frequency/IRREG",
            "@type": "dct:Frequency",
        },
        *(
            {"@id": f"{AUTHORITY}/file-type/{name}", "@type": "dct:MediaTypeOrExtent"}
            for name in ("CSV", "JSON", "XLSX")
        ),
        *({"@id": _media(media), "@type": "dct:MediaType"} for media, _name in FORMATS.values()),
        {
            "@id": f"{AUTHORITY}/data-theme/GOVE",
            "@type": "skos:Concept",
            "skos:prefLabel": _said("政府与公共部门", "Government and public sector"),
            "skos:inScheme": {"@id": f"{AUTHORITY}/data-theme"},
        },
        {
            "@id": f"{AUTHORITY}/data-theme",
            "@type": "skos:ConceptScheme",
            "dct:title": _said("数据主题", "Data theme"),
        },
    ]
    spread = [node for dataset in datasets for node in dataset.pop("distributions")]
    return {"@context": CONTEXT, "@graph": [head, publisher, contact, service, *datasets, *spread, *known]}


def _dataset(kind: Any, home: str, modified: Node | None) -> Node:
    found: Node = {
        "@id": f"{home}#{kind.name}",
        "@type": "dcat:Dataset",
        "dct:identifier": kind.name,
        "dct:title": _both(kind.label),
        "dct:description": _both(kind.description),
        "dct:publisher": {"@id": f"{home}#publisher"},
        "dcat:contactPoint": {"@id": f"{home}#contact"},
        "dct:language": _languages(),
        "dct:accessRights": {"@id": f"{AUTHORITY}/access-right/PUBLIC"},
        "dct:accrualPeriodicity": {"@id": f"{AUTHORITY}/frequency/IRREG"},
        "dcat:theme": {"@id": f"{AUTHORITY}/data-theme/GOVE"},
        "dcat:landingPage": {"@id": home},
        "distributions": [_distribution(kind, home, suffix) for suffix in FORMATS],
    }
    if modified:
        found["dct:modified"] = modified
    found["dcat:distribution"] = [{"@id": node["@id"]} for node in found["distributions"]]
    return found


def _distribution(kind: Any, home: str, suffix: str) -> Node:
    media, name = FORMATS[suffix]
    address = settings.SITE_URL + reverse(f"cms:data_{suffix}", args=[kind.name])
    return {
        "@id": f"{home}#{kind.name}-{suffix}",
        "@type": "dcat:Distribution",
        "dct:title": f"{kind.name}.{suffix}",
        "dcat:accessURL": {"@id": address},
        "dcat:downloadURL": {"@id": address},
        "dcat:mediaType": {"@id": _media(media)},
        "dct:format": {"@id": f"{AUTHORITY}/file-type/{name}"},
        "dct:license": {"@id": LICENCE},
        "dcat:accessService": {"@id": f"{home}#api"},
    }


def _media(media: str) -> str:
    return f"https://www.iana.org/assignments/media-types/{media}"


def _said(zh: str, en: str) -> list[Node]:
    return [{"@value": zh, "@language": "zh-Hans"}, {"@value": en, "@language": "en"}]


def _both(label: Any) -> list[Node]:
    """A phrase in both languages."""
    found = []
    for language in ("zh-hans", "en"):
        with override(language):
            found.append(str(label))
    return _said(*found)


def _publisher() -> list[Node]:
    house = settings.QINGFENG
    return _said(house["place"], house["place_en"])


def _languages() -> list[Node]:
    return [{"@id": f"{AUTHORITY}/language/{code}"} for code in ("ZHO", "ENG")]


def _date(moment: Any) -> Node:
    return {"@value": moment.isoformat(timespec="seconds"), "@type": "xsd:dateTime"}
