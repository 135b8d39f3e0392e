"""The DCAT-AP catalogue by its shapes, feeds by a parser, schema.org blocks, the sitemap's parts."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import feedparser
import pytest

from cms.data.registers import REGISTERS
from tests.cms.data.support import everything
from tests.cms.making import draft_item, item

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("installed")]
SHAPES = Path(__file__).parents[4] / "shared/data/standards/dcat-ap/dcat-ap-3.0.1-SHACL.ttl"


def test_the_catalogue_names_every_file(client: Any, settings: Any) -> None:
    item()
    answer = client.get("/data/catalogue.jsonld")
    assert answer["Content-Type"].startswith("application/ld+json")
    graph = answer.json()["@graph"]
    urls = {node["dcat:downloadURL"]["@id"] for node in graph if "dcat:downloadURL" in node}
    assert len(urls) == 3 * len(REGISTERS)
    for url in urls:
        assert client.get(url.removeprefix(settings.SITE_URL)).status_code == 200


@pytest.mark.once
@pytest.mark.skipif(not SHAPES.exists(), reason="shared/data is not here")
def test_the_catalogue_by_its_shapes(client: Any) -> None:
    """As the EU publishes them (DCAT-AP 3.0.1); a catalogue without its title does not pass."""
    import pyshacl
    import rdflib

    item()
    text = client.get("/data/catalogue.jsonld").content.decode()
    graph = rdflib.Graph().parse(data=text, format="json-ld")
    shapes = rdflib.Graph().parse(SHAPES)
    # The published file names two property shapes that it does not define; pyshacl would stop there.
    part = rdflib.URIRef("http://www.w3.org/ns/shacl#property")
    dangling = [t for t in shapes.triples((None, part, None)) if (t[2], None, None) not in shapes]
    assert len(dangling) <= 2
    for triple in dangling:
        shapes.remove(triple)
    passes, _found, words = pyshacl.validate(graph, shacl_graph=shapes, advanced=False, inference="none")
    assert passes, words
    dcat, dct = "http://www.w3.org/ns/dcat#", "http://purl.org/dc/terms/"
    (head,) = graph.subjects(rdflib.RDF.type, rdflib.URIRef(dcat + "Catalog"))
    graph.remove((head, rdflib.URIRef(dct + "title"), None))
    assert not pyshacl.validate(graph, shacl_graph=shapes, advanced=False, inference="none")[0]


def test_feeds_by_a_parser(client: Any, settings: Any) -> None:
    """Every register's, and that of one record: well formed, newest first, nothing twice."""
    made = everything()
    draft_item("草稿的处罚").save()
    for prefix in ("", "/en"):
        for kind in REGISTERS:
            feed = feedparser.parse(client.get(f"{prefix}/feeds/{kind.name}.atom").content)
            assert not feed.bozo, feed.get("bozo_exception")
            assert feed.version == "atom10"
            assert feed.entries, kind.name
            assert "草稿的处罚" not in str(feed)
            ids = [entry.id for entry in feed.entries]
            assert len(ids) == len(set(ids))
            dates = [entry.updated_parsed for entry in feed.entries]
            assert dates == sorted(dates, reverse=True)
    for name, row in made.items():
        feed = feedparser.parse(client.get(f"/feeds/{name}/{row.address_code}.atom").content)
        assert not feed.bozo
        assert feed.entries[0].link.endswith(row.get_absolute_url())
        assert client.get(f"/feeds/{name}/none-1.atom").status_code == 404
    items = feedparser.parse(client.get(f"/feeds/organisations/{made['organisations'].code}.atom").content)
    assert made["power-items"].name in {entry.title for entry in items.entries}
    for wrong in ("nothing", "risk-points/x"):
        assert client.get(f"/feeds/{wrong}.atom").status_code == 404


def test_an_older_title_is_in_no_feed(client: Any) -> None:
    """What was renamed because of its old name (an unmasking, say) is told by the new one alone."""
    record = item("不该公开的名称")
    record.name = "改过的名称"
    record.save_revision().publish()
    for path in ("/feeds/latest.atom", "/feeds/power-items.atom", "/api/v1/changes"):
        text = client.get(path).content.decode()
        assert "改过的名称" in text
        assert "不该公开的名称" not in text, path


def test_fact_sheets_carry_linked_data(client: Any) -> None:
    """A data block on each, valid JSON, that nothing in a title can end."""
    made = everything("</script><b>&")
    types = {
        "power-items": "GovernmentService",
        "organisations": "GovernmentOrganization",
        "laws": "Legislation",
        "flowcharts": "CreativeWork",
        "benchmarks": "CreativeWork",
        "cases": "Article",
        "articles": "Article",
        "notices": "Article",
    }
    for name, wanted in types.items():
        answer = client.get(made[name].get_absolute_url())
        (block,) = re.findall(r'<script type="application/ld\+json">(.*?)</script>', answer.content.decode())
        told = json.loads(block)
        assert (told["@context"], told["@type"]) == ("https://schema.org", wanted)
        assert told["url"].endswith(made[name].get_absolute_url())
        assert "<" not in block
        assert "unsafe-inline" not in answer["Content-Security-Policy"]
    assert '"@type": "DataCatalog"' in client.get("/data/").content.decode()


def test_the_sitemap_has_the_new_kinds(client: Any) -> None:
    made = everything()
    index = client.get("/sitemap.xml").content.decode()
    parts = re.findall(r"<loc>https?://[^/]+(/[^<]*\.xml)</loc>", index)
    found = "".join(client.get(part).content.decode() for part in parts)
    for row in made.values():
        assert f"{row.get_absolute_url()}</loc>" in found
    assert "/notices/matrix/</loc>" in found
