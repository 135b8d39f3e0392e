"""Copies of attachments: nothing hidden is left, nothing hostile gets further than a child with nothing."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pikepdf
import pytest

from complaints.intake import filetypes
from complaints.intake.cleaning import run
from tests.complaints.intake import hostile, planted
from tests.complaints.intake.planted import CANARY, ODF, OFFICE

pytestmark = pytest.mark.once
SECRET = "no child sees this"


def cleaned(mime: str, data: bytes) -> tuple[run.Made, bytes]:
    with run.clean(mime, [data]) as made:
        return made, b"" if made.why else made.data()


def exif_free(data: bytes, folder: Path) -> None:
    """exiftool, where there is one, finds neither the planted word nor a place nor an author."""
    if tool := shutil.which("exiftool"):
        path = folder / "copy"
        path.write_bytes(data)
        said = subprocess.run([tool, "-ee", "-a", "-G1", str(path)], capture_output=True, check=False).stdout
        for word in (CANARY, b"GPS", b"Artist", b"Author", b"Creator", b"[XMP", b"[IFD"):
            assert word not in said, said


PICTURES = [
    ("image/jpeg", "JPEG", "image/jpeg"),
    ("image/png", "PNG", "image/png"),
    ("image/gif", "GIF", "image/png"),
    ("image/bmp", "BMP", "image/png"),
    ("image/tiff", "TIFF", "image/png"),
    ("image/webp", "WEBP", "image/png"),
    ("image/heic", "HEIF", "image/jpeg"),
    ("image/heif", "HEIF", "image/jpeg"),
    ("image/avif", "AVIF", "image/jpeg"),
]


@pytest.mark.parametrize(("mime", "kind", "gives"), PICTURES)
def test_pictures(mime: str, kind: str, gives: str, tmp_path: Path) -> None:
    data = planted.picture(kind)
    made, copy = cleaned(mime, data)
    assert (made.why, made.mime, made.width, made.height) == ("", gives, 64, 48)
    assert CANARY in data
    assert CANARY not in copy
    assert made.thumb[:2] == b"\xff\xd8"
    exif_free(copy, tmp_path)


def test_pdf(tmp_path: Path) -> None:
    data = planted.pdf()
    made, copy = cleaned("application/pdf", data)
    assert (made.why, made.mime, made.pages) == ("", "application/pdf", 1)
    path = tmp_path / "copy.pdf"
    path.write_bytes(copy)
    with pikepdf.open(path) as book:
        assert set(book.Root.keys()) == {"/Type", "/Pages"}
        assert "/Info" not in book.trailer
        whole = b"".join(
            thing.read_raw_bytes()
            if isinstance(thing, pikepdf.Stream)
            else bytes(thing.unparse(resolved=True))
            for thing in book.objects
            if not isinstance(thing, int | bool | str)
        )
        assert b"/P " in whole or b"/P" in bytes(book.pages[0].obj.Resources.unparse(resolved=True))
    for word in (
        CANARY,
        b"JavaScript",
        b"/JS",
        b"/AA",
        b"OpenAction",
        b"EmbeddedFile",
        b"PieceInfo",
        b"Exif",
    ):
        assert word not in whole
    exif_free(copy, tmp_path)
    with run.page_image(0, [copy]) as page:
        assert (page.why, page.mime) == ("", "image/jpeg")
    with run.page_image(7, [copy]) as page:
        assert page.why


DOCUMENTS = {
    OFFICE + "wordprocessingml.document": ("docx", planted.ooxml),
    OFFICE + "spreadsheetml.sheet": ("xlsx", planted.ooxml),
    OFFICE + "presentationml.presentation": ("pptx", planted.ooxml),
    ODF + "text": ("odt", planted.odf),
    ODF + "spreadsheet": ("ods", planted.odf),
    ODF + "presentation": ("odp", planted.odf),
    "application/ofd": ("ofd", lambda _kind: planted.ofd()),
}


@pytest.mark.parametrize("mime", DOCUMENTS)
def test_documents(mime: str, tmp_path: Path) -> None:
    import io
    import zipfile

    kind, make = DOCUMENTS[mime]
    made, copy = cleaned(mime, make(kind))
    assert (made.why, made.mime) == ("", mime)
    with zipfile.ZipFile(io.BytesIO(copy)) as book:
        for part in book.infolist():
            assert CANARY not in book.read(part), part.filename
            assert part.date_time == (1980, 1, 1, 0, 0, 0)
            assert "vba" not in part.filename
            assert "docProps" not in part.filename
        assert not book.comment
    if kind in ("docx", "odt"):
        assert "押金 200 元" in run.text_of(mime, [copy])
    exif_free(copy, tmp_path)


def test_text_and_rtf() -> None:
    made, copy = cleaned("text/plain", "押金不退".encode("gb18030"))
    assert copy.decode() == "押金不退"
    made, copy = cleaned("application/rtf", planted.rtf())
    assert not made.why
    assert CANARY not in copy
    assert b"deposit 200" in copy
    assert b"rsid" not in copy


def test_an_archive_is_listed_and_not_opened() -> None:
    made, copy = cleaned(
        "application/zip", planted.packed({"账本/2026.xls": b"x" * 9, "../../etc/passwd": b""})
    )
    assert (made.why, made.mime) == ("", "text/plain")
    assert "账本/2026.xls" in copy.decode()


MEDIA = {
    "wav": "audio/wav", "mp3": "audio/mpeg", "ogg": "audio/ogg", "flac": "audio/flac", "m4a": "audio/mp4",
    "mp4": "video/mp4", "mov": "video/quicktime", "avi": "video/x-msvideo", "mkv": "video/webm",
    "3gp": "video/3gpp", "mpg": "video/mpeg", "aac": "audio/aac", "amr": "audio/amr",
}  # fmt: skip


@pytest.mark.parametrize("ending", MEDIA)
def test_sound_and_film(ending: str, settings: Any, tmp_path: Path) -> None:
    import imageio_ffmpeg

    settings.FFMPEG = imageio_ffmpeg.get_ffmpeg_exe()
    data = planted.sound_or_film(settings.FFMPEG, ending, tmp_path)
    made, copy = cleaned(MEDIA[ending], data)
    assert made.why == ""
    assert CANARY in data
    assert CANARY not in copy
    assert len(copy) > 100
    exif_free(copy, tmp_path)


@pytest.mark.parametrize(("ending", "mime"), [("mp4", "video/mp4"), ("mkv", "video/webm")])
def test_what_the_encoder_wrote_into_the_pictures(
    ending: str, mime: str, settings: Any, tmp_path: Path
) -> None:
    import imageio_ffmpeg

    settings.FFMPEG = imageio_ffmpeg.get_ffmpeg_exe()
    data = planted.h264(settings.FFMPEG, tmp_path, ending)
    made, copy = cleaned(mime, data)
    assert b"x264 - core" in data
    assert b"x264 - core" not in copy
    assert made.why == ""
    path = tmp_path / "copy"
    path.write_bytes(copy)
    check = [settings.FFMPEG, "-v", "error", "-i", str(path), "-f", "null", "-"]
    assert subprocess.run(check, capture_output=True, check=True).stderr == b"", "it still plays"


@pytest.mark.parametrize("data", [b"", b"#!AMR\n", b"#!AMR\nQ", b"#!AMR_MC1.0\n" + bytes(50), b"#!AMR\n\x04"])
def test_no_frame_of_speech_is_no_sound(data: bytes) -> None:
    assert cleaned("audio/amr", data)[0].why == "broken"


def test_every_type_that_is_taken_has_a_planted_file() -> None:
    """Or is said to keep what it hides, before anything is sent."""
    kinds = {kind.mime for _at, _sign, kind in filetypes.SIGNS}
    kinds |= {kind.mime for kind in filetypes.BRANDS.values()} | set(filetypes.IN_ZIP.values())
    kinds |= {filetypes.MP4.mime, filetypes.TEXT.mime, "audio/aac"}
    planted_ones = {mime for mime, _kind, _gives in PICTURES} | set(DOCUMENTS) | set(MEDIA.values())
    assert kinds - planted_ones == {
        "application/pdf",
        "application/rtf",
        "text/plain",
    }  # have their own tests
    assert {cleaned(mime, b"\xd0\xcf\x11\xe0")[0].why for mime in filetypes.IN_OLE.values()} == {"kind"}


def test_what_cannot_be_cleaned_is_said(settings: Any) -> None:
    settings.FFMPEG = ""
    assert cleaned("video/mp4", b"\0\0\0\x18ftypmp42")[0].why == "ffmpeg"
    assert cleaned("application/msword", b"\xd0\xcf\x11\xe0")[0].why == "kind"
    assert all(run.REASONS[why] for why in ("ffmpeg", "kind"))


def test_the_child_has_nothing(monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Path) -> None:
    """Listed from inside: no environment, no socket, no file but its own, no module that knows a key."""
    monkeypatch.setenv("VAULT_PEPPER", SECRET)
    secret = tmp_path / "pepper"
    secret.write_text(SECRET)
    opened = secret.open()  # an open file of ours is not one of the child's
    paths = [str(secret), str(settings.VAR_DIR), f"/proc/{os.getpid()}/environ", str(run.ROOT / "manage.py")]
    with run._child({"do": "look", "paths": paths}, [b"x"]) as made:
        said = made.said
    opened.close()
    assert said["environment"] == {}
    assert said["modules"] == []
    assert sorted(said["files"]) == ["0", "1", "2", "3"]
    assert said["files"]["0"].startswith("/memfd:")
    assert said["files"]["1"].startswith("/memfd:")
    assert said["files"]["2"] == "/dev/null"
    assert said["files"]["3"].startswith("pipe:")
    assert SECRET not in str(said)
    if made.walls["network"]:
        assert said["socket"] != "open" or said["unix"] != "open"
    if made.walls["disk"]:
        assert set(said["secrets"].values()) == {"EACCES"}


@pytest.mark.parametrize("name", hostile.FILES)
def test_hostile_files_are_answered(name: str) -> None:
    mime, data = hostile.FILES[name]
    made, copy = cleaned(mime, data)
    assert made.why in run.REASONS
    assert copy == b""


def test_a_polyglot_becomes_a_picture() -> None:
    tail = planted.packed({"a.js": "alert(1)"})
    _made, copy = cleaned("image/jpeg", planted.picture("JPEG") + tail)
    assert b"a.js" not in copy


def test_limits_of_time_memory_and_size(settings: Any) -> None:
    settings.CLEAN_OUTPUT = 1000
    assert cleaned("text/plain", b"a" * 5000)[0].why == "size"
    settings.CLEAN_OUTPUT = 2**20
    settings.CLEAN_SECONDS = -3  # its time is over before it begins
    assert cleaned("image/jpeg", planted.picture("JPEG"))[0].why == "time"
    settings.CLEAN_SECONDS, settings.CLEAN_AT_ONCE, settings.CLEAN_WAIT = 20, 1, 0.1
    with run.clean("text/plain", [b"a"]):
        assert cleaned("text/plain", b"a")[0].why == "busy"


def test_a_zip_is_taken_under_its_own_name_only() -> None:
    head = planted.packed({"a.txt": b"abc"})
    kind = filetypes.kind_of(head, "a.zip")
    assert kind is not None
    assert kind.mime == "application/zip"
    assert filetypes.kind_of(head, "a.jpg") is None
