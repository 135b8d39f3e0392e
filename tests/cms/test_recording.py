"""What is published is recorded where it changes: version, ledger, outbox, address, in one transaction."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone
from ledger.models import Event
from outbox.models import Entry
from wagtail.models import Locale

from cms.models import Address, Flowchart, ImportBatch, PowerItem, PublishedVersion
from cms.publishing import records
from tests.cms import making

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("installed")]


def kinds(ref: str) -> list[str]:
    return list(Entry.objects.filter(ref=ref).values_list("kind", flat=True))


def test_it_works():
    item = making.item()
    version = PublishedVersion.objects.of(item).get()
    assert (version.number, version.action, version.title) == (1, "published", item.name)
    assert version.content["name"] == item.name
    assert version.content["legal_bases"][0]["text"].startswith("《云泽市")
    assert "live" not in version.content
    event = Event.objects.get(uuid=version.event)
    assert event.kind == "published"
    assert event.details == {"address": f"/power/{item.code}/", "version": 1, "sha256": version.sha256}
    assert "search.index" in kinds(f"power:{item.pk}")
    assert "cms.generation" in kinds("site")
    assert Address.objects.get(path=f"/power/{item.code}/").status == 200


def test_a_draft_records_nothing():
    making.organisation()
    before = PublishedVersion.objects.count()
    draft = making.draft_item()
    draft.save()
    draft.save_revision()
    assert not draft.live
    assert PublishedVersion.objects.count() == before


def test_each_publication_is_a_version_and_a_plain_save_is_none():
    item = making.item()
    item.promised_limit, item.promised_unit = 60, "day"
    item.save_revision().publish()
    PowerItem.objects.get(pk=item.pk).save()
    assert list(PublishedVersion.objects.of(item).values_list("number", flat=True)) == [1, 2]


def test_withdrawal_answers_410_with_its_reason():
    item = making.item()
    item.withdrawal_reason = "事项已并入其他事项"
    item.unpublish()
    last = PublishedVersion.objects.of(item).last()
    assert (last.action, last.number, last.content) == ("withdrawn", 1, None)
    address = Address.objects.get(path=item.get_absolute_url())
    assert (address.status, address.reason) == (410, "事项已并入其他事项")
    assert Event.objects.get(uuid=last.event).kind == "withdrawn"


def test_deleting_what_is_live_is_a_withdrawal():
    page = making.article()
    path, versions = page.get_absolute_url(), PublishedVersion.objects.of(page)
    page.delete()
    assert versions.last().action == "withdrawn"
    assert Address.objects.get(path=path).status == 410


def test_publishing_again_after_withdrawal_goes_on_counting():
    item = making.item()
    item.unpublish()
    item = PowerItem.objects.get(pk=item.pk)
    item.save_revision().publish()
    assert list(PublishedVersion.objects.of(item).values_list("number", "action")) == [
        (1, "published"),
        (1, "withdrawn"),
        (2, "published"),
    ]
    assert Address.objects.get(path=item.get_absolute_url()).status == 200


def test_the_sequence_has_no_gaps():
    making.item()
    making.article().unpublish()
    numbers = list(PublishedVersion.objects.order_by("sequence").values_list("sequence", flat=True))
    assert numbers == list(range(1, len(numbers) + 1))


def test_scheduled_and_expired(run_outbox):
    from cms.tasks import publish_scheduled

    item = making.draft_item(go_live_at=timezone.now() + timedelta(days=1))
    item.save()
    revision = item.save_revision()
    revision.publish()
    assert not PublishedVersion.objects.of(item).exists()
    type(revision).objects.filter(pk=revision.pk).update(
        approved_go_live_at=timezone.now() - timedelta(hours=1)
    )
    content = revision.content | {"go_live_at": (timezone.now() - timedelta(hours=1)).isoformat()}
    type(revision).objects.filter(pk=revision.pk).update(content=content)
    publish_scheduled()
    assert PublishedVersion.objects.of(item).get().action == "published"
    PowerItem.objects.filter(pk=item.pk).update(expire_at=timezone.now() - timedelta(minutes=1))
    publish_scheduled()
    assert PublishedVersion.objects.of(item).last().action == "withdrawn"
    assert not PowerItem.objects.get(pk=item.pk).live


def test_one_that_cannot_be_taken_down_holds_up_no_other(monkeypatch):
    from cms.tasks import publish_scheduled

    stuck, other = making.item(), making.item()
    PowerItem.objects.filter(pk__in=[stuck.pk, other.pk]).update(
        expire_at=timezone.now() - timedelta(minutes=1)
    )
    take_down = PowerItem.unpublish

    def unpublish(self, *args, **kwargs):
        if self.pk == stuck.pk:
            raise RuntimeError
        take_down(self, *args, **kwargs)

    monkeypatch.setattr(PowerItem, "unpublish", unpublish)
    publish_scheduled()
    assert PowerItem.objects.get(pk=stuck.pk).live
    assert not PowerItem.objects.get(pk=other.pk).live


def test_a_real_code_that_arrives_later_becomes_the_address():
    item = making.item()
    made = item.get_absolute_url()
    assert item.made_code
    item.code, item.made_code = "62052400MZ-CF-0001", False
    item.save_revision().publish()
    old = Address.objects.get(path=made)
    assert (old.status, old.moved_to) == (301, "/power/62052400MZ-CF-0001/")


def test_nothing_is_recorded_where_the_transaction_fails(monkeypatch):
    item = making.draft_item()
    item.save()
    revision = item.save_revision()
    monkeypatch.setattr(records.addresses, "occupy", lambda obj: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        revision.publish()
    assert not PowerItem.objects.get(pk=item.pk).live
    assert not PublishedVersion.objects.of(item).exists()


def test_what_lacks_a_required_part_is_not_published():
    item = making.draft_item()
    item.legal_bases.clear()
    item.save()
    with pytest.raises(ValidationError, match="设定依据"):
        item.save_revision().publish()
    chart = making.draft_chart()
    chart.transitions.first().to_key = "nowhere"
    chart.save()
    with pytest.raises(ValidationError, match="nowhere"):
        chart.save_revision().publish()
    assert not Flowchart.objects.get(pk=chart.pk).live


def test_a_batch_becomes_visible_at_one_switch(run_outbox):
    batch = ImportBatch.objects.create(state=ImportBatch.State.APPLYING)
    items = [making.item(f"事项{n}", batch=batch) for n in range(3)]
    assert not PowerItem.objects.disclosed().exists()
    assert not PublishedVersion.objects.of(items[0]).visible().exists()
    events = Event.objects.count()
    from django.db import transaction

    with transaction.atomic():
        batch.state = ImportBatch.State.APPLIED
        batch.save()
        assert records.record_switch(batch) == 3
    assert PowerItem.objects.disclosed().count() == 3
    assert Event.objects.count() == events + 1
    sequences = [PublishedVersion.objects.of(item).visible().get().sequence for item in items]
    assert sequences == list(range(sequences[0], sequences[0] + 3))
    assert "cms.batch.index" in kinds(str(batch.pk))


def test_a_translation_starts_as_a_draft():
    item = making.item()
    copy = item.copy_for_translation(Locale.objects.get(language_code="en"))
    copy.save()
    assert (copy.live, copy.live_revision, copy.first_published_at) == (False, None, None)
    copy.save_revision().publish()
    assert copy.get_absolute_url() == f"/en/power/{item.code}/"
    page = making.article()
    assert not page.copy_for_translation(Locale.objects.get(language_code="en"), copy_parents=True).live
