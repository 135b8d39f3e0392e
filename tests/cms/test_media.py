"""Files go out through the question whether something public shows them; in parts where asked; inert."""

from __future__ import annotations

import io
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.core.files.base import ContentFile
from django.test import Client
from PIL import Image as Picture
from wagtail.documents import get_document_model
from wagtail.images import get_image_model
from wagtail.models import Collection, CollectionViewRestriction

from cms.models import NoticeAttachment
from tests.cms import making

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("installed")]


@pytest.fixture
def pdf() -> Any:
    return get_document_model().objects.create(
        title="附件", file=ContentFile(bytes(range(256)) * 10, name="fujian.pdf")
    )


def noticed(document: Any, *, live: bool = True) -> Any:
    notice = making.notice(live=False)
    notice.attachments.add(NoticeAttachment(file=document))
    notice.save()
    if live:
        notice.save_revision().publish()
    return type(notice).objects.get(pk=notice.pk)


def whole(response: Any) -> bytes:
    return b"".join(response.streaming_content)


def test_it_works(client: Client, pdf):
    noticed(pdf)
    response = client.get(pdf.url)
    assert (response.status_code, len(whole(response))) == (200, 2560)
    assert response["Content-Disposition"] == 'attachment; filename="fujian.pdf"'
    assert response["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Cache-Control"] == "no-cache"


def test_ranges(client: Client, pdf):
    noticed(pdf)
    part = client.get(pdf.url, headers={"range": "bytes=10-19"})
    assert (part.status_code, whole(part), part["Content-Range"]) == (
        206,
        bytes(range(10, 20)),
        "bytes 10-19/2560",
    )
    last = client.get(pdf.url, headers={"range": "bytes=-4"})
    assert (last["Content-Range"], whole(last)) == ("bytes 2556-2559/2560", bytes(range(252, 256)))
    rest = client.get(pdf.url, headers={"range": "bytes=2550-"})
    assert len(whole(rest)) == 10
    for beyond in ("bytes=2560-", "bytes=9-3", "bytes=-0"):
        refused = client.get(pdf.url, headers={"range": beyond})
        assert (refused.status_code, refused["Content-Range"]) == (416, "bytes */2560")
    for odd in ("lines=1-2", "bytes=" + "9" * 5000 + "-", "bytes=-" + "9" * 5000, "bytes=٣-٤"):
        assert client.get(pdf.url, headers={"range": odd}).status_code == 200


@pytest.mark.parametrize("state", ["unused", "draft", "withdrawn", "private"])
def test_what_nothing_public_shows(client: Client, pdf, state):
    if state == "draft":
        noticed(pdf, live=False)
    elif state != "unused":
        notice = noticed(pdf)
        assert client.get(pdf.url).status_code == 200
        if state == "withdrawn":
            notice.unpublish()
        else:
            CollectionViewRestriction.objects.create(
                collection=Collection.objects.get(pk=pdf.collection_id), restriction_type="login"
            )
    assert client.get(pdf.url).status_code == 404


@pytest.mark.parametrize("second_step", [True, False])
def test_who_works_in_the_admin_may_preview(client: Client, pdf, second_step):
    """With a second step in this session, as all of the admin; without, the file is not there."""
    user = get_user_model().objects.create(username="boss", is_superuser=True)
    client.force_login(user)
    if second_step:
        session = client.session
        session["account_authentication_methods"] = [{"method": "mfa"}]
        session["account_authentication_methods_user"] = str(user.pk)
        session.save()
    response = client.get(pdf.url)
    assert response.status_code == (200 if second_step else 404)
    if second_step:
        assert response["Cache-Control"] == "private, no-store"


def test_pictures_go_out_as_renditions_only(client: Client):
    data = io.BytesIO()
    Picture.new("RGB", (80, 60), "red").save(data, "JPEG")
    image = get_image_model().objects.create(title="图", file=ContentFile(data.getvalue(), name="tu.jpg"))
    rendition = image.get_rendition("width-40")
    path = f"/media/{rendition.file.name}"
    assert client.get(path).status_code == 404
    value = [
        ("image", {"image": {"image": image.pk, "alt_text": "红色", "decorative": False}, "caption": ""})
    ]
    article = making.article(live=False)
    article.body = [("text", "<p>文</p>")]
    article.body.append(("image", article.body.stream_block.child_blocks["image"].to_python(value[0][1])))
    article.save_revision().publish()
    response = client.get(path)
    assert response.status_code == 200
    assert response["Content-Type"] == "image/jpeg"
    assert response["Content-Disposition"].startswith("inline")
    assert client.get(f"/media/{image.file.name}").status_code == 404
    assert client.get("/media/../settings.py").status_code in (400, 404)
