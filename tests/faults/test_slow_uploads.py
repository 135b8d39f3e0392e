"""Slow bodies close the intake to nobody: they wait in a program of their own."""

from __future__ import annotations

import socket

import pytest

from tests.faults.test_kill_web import complete
from tests.support import journeys
from tests.support.dawdlers import dawdling, still_open
from tests.support.running import Running

WORD = "麤毳淼"  # stands in the file alone


def listens(site: Running) -> bool:
    """It starts beside the web program, and a test before may have killed both."""
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(str(site.var / "uploads.sock")) == 0


@pytest.mark.parametrize("head_only", [False, True], ids=["bodies", "heads"])
def test_a_report_goes_through_while_64_dawdle(site: Running, head_only: bool) -> None:
    site.wait(lambda: listens(site), 60, "the program of slow requests")
    with dawdling(site.url, 64, head_only=head_only) as dawdlers:
        receipt = journeys.report(site.url, "大家都在慢慢上传的时候交的")
        # They did not make room by being thrown out: each still waits for its answer. (Heads this slow are
        # ended after a while, as they should be.)
        assert head_only or all(still_open(each) for each in dawdlers)
    assert journeys.opens(site.url, receipt)


def test_a_file_waits_for_its_program(site: Running) -> None:
    """Who sends it while that program starts again gets an answer, not an end of the connection."""
    client = journeys.come_back(site.url, journeys.report(site.url, "带材料的"))
    site.wait(lambda: listens(site), 60, "the program of slow requests")
    site.kill("gunicorn_uploads")
    content = "证据".encode() * 400_000
    client.submit(
        client.form("attachments"), {"text": "见附件"}, files={"attachments": ("证据.txt", content)}
    )
    assert client.status == 200
    assert any("/return/files/" in link for link in client.page.links)


def test_a_slow_upload_arrives_whole(site: Running) -> None:
    """It is a program like the other: the file is taken, whoever read the request."""
    receipt = journeys.report(site.url, "带材料的")
    client = journeys.come_back(site.url, receipt)
    content = WORD.encode() + "证据".encode() * 400_000
    client.submit(
        client.form("attachments"), {"text": "见附件"}, files={"attachments": ("证据.txt", content)}
    )
    link = next(link for link in client.page.links if "/return/files/" in link)
    assert client.get(link).body == content
    # And the desk finds the report by what stands in the file.
    desks = [journeys.log_in(site.url, account) for account in site.accounts("triage")]
    assert sum(len(complete(desk, WORD)) for desk in desks) == 1
