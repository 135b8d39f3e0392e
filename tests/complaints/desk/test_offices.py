"""A new office, and two that become one."""

from __future__ import annotations

import pytest
from ledger.models import Event

from complaints.desk import finding, opening
from complaints.desk import offices as verbs
from complaints.intake import services as intake
from complaints.intake.models import Route, Tip, Tombstone
from complaints.vault import checking, jobs, offices, receipts, tips, worker
from complaints.vault.errors import NotAMember, Refused
from complaints.vault.models import Office


@pytest.fixture
def both(desk):
    """The head administers both offices; this process is the vault worker, too."""
    desk.person("head")
    offices.grant(
        office=desk.city,
        user=desk.users["head"],
        role="administrator",
        granter_seed=desk.seeds["chief"],
        granter=desk.users["chief"],
    )
    worker.forget()
    worker.announce()
    yield desk
    worker.forget()


def merge(desk, by="head"):
    return verbs.merge(source=desk.lake, target=desk.city, by=desk.users[by], seed=desk.seeds[by])


def test_a_merge(both):
    from outbox.services import run_due

    named = both.tip(narrative="押金不退", identity=intake.Identity(name="张三", phone="13800000000"))
    other = both.tip()
    old = offices.open_office_seed(both.users["handler"], both.seeds["handler"], both.lake)
    job = merge(both)
    assert (job.total, job.done) == (2, 0)
    assert run_due(queue="vault") == 1
    job.refresh_from_db()
    assert job.finished_at
    named.refresh_from_db()
    assert (named.office, named.epoch, named.talk_generation) == (both.city, 1, 2)
    _keys, _seed, cells = opening.open_tip(
        user=both.users["outsider"], seed=both.seeds["outsider"], tip=named
    )
    assert "押金不退" in [cell.text for cell in cells]
    for tip in (named, other):
        with pytest.raises(NotAMember):
            tips.open_as_office(tip_uuid=tip.uuid, office_seed=old)
        reporter = receipts.derive(both.receipts[tip.number]).reporter
        assert tips.open_as_reporter(tip_uuid=tip.uuid, reporter=reporter).generation == 2
        assert [event.kind for event in Event.objects.filter(tag=bytes(tip.tag), kind="transferred")]
    assert Tombstone.objects.filter(office=both.lake).count() == 2
    assert both.tip().office == both.city  # reports of that region go there now
    keeper = offices.open_office_seed(both.users["custodian"], both.seeds["custodian"], both.lake, "identity")
    judge = offices.open_office_seed(both.users["approver"], both.seeds["approver"], both.lake, "approval")
    assert "张三" in tips.open_identity(tip_uuid=named.uuid, custodian_seed=keeper, approver_seed=judge)
    report = checking.check()
    assert (report.faults, report.unheld) == ([], [])
    assert not list(finding.path_of(both.lake, 1).parent.glob(f"{both.lake.uuid}-*.db"))


def test_who_may_merge_what(both):
    with pytest.raises(Refused):
        merge(both, "chief")
    for source, target in ((both.city, both.lake), (both.lake, both.lake)):
        with pytest.raises(Refused):
            verbs.merge(source=source, target=target, by=both.users["head"], seed=both.seeds["head"])
    merge(both)
    with pytest.raises(Refused):
        merge(both)
    assert Route.objects.filter(office=both.city).count() == 2


def test_a_report_on_its_way_goes_to_the_other_office(both):
    """Sealed for the office that ends while it is written: built again, for the one that reads it now."""
    built = intake._build(
        master=receipts.derive(receipts.new_receipt()),
        answers=intake.Answers(category="fees", region="lake", subject="押金", narrative="收了押金不退。"),
        files=(),
    )
    merge(both)
    from django.db import transaction

    with pytest.raises(intake.Moved), transaction.atomic():
        intake._store(built)
    assert not Tip.objects.exists()
    assert jobs.left


def test_a_new_office_by_its_page(desk):
    chief, new = desk.client("chief"), desk.person("zhou")
    form = {
        "parent": desk.city.pk,
        "code": "river",
        "name": "临江区纪委监委",
        "name_en": "",
        "administrator": "zhou",
        "heard": "1" * 30,
    }
    wrong = chief.post("/desk/members/offices/", form)
    assert wrong.status_code == 422
    assert "没有授权" in wrong.content.decode()
    assert not Office.objects.filter(code="river").exists()
    form["heard"] = offices.fingerprint(new)
    assert chief.post("/desk/members/offices/", {**form, "code": "lake"}).status_code == 422
    assert chief.post("/desk/members/offices/", {**form, "parent": desk.lake.pk}).status_code == 422
    assert chief.post("/desk/members/offices/", form).status_code == 303
    river = Office.objects.get(code="river")
    assert offices.open_office_seed(new, desk.seeds["zhou"], river)
    with pytest.raises(NotAMember):
        offices.open_office_seed(desk.users["chief"], desk.seeds["chief"], river)


def test_the_merge_by_its_page(both):
    head = both.client("head")
    page = head.get("/desk/members/offices/").content.decode()
    assert "合并不能撤销" in page
    assert head.post("/desk/members/offices/", {"source": both.lake.pk, "target": ""}).status_code == 422
    done = head.post("/desk/members/offices/", {"source": both.lake.pk, "target": both.city.pk})
    assert done.status_code == 303
    both.lake.refresh_from_db()
    assert not both.lake.active
    assert both.client("triage").get("/desk/members/offices/").status_code == 403
