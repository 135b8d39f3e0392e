"""Files with planted metadata, one of each kind, and hostile ones; made here, of nobody's camera."""

# ruff: noqa: E501  (XML in one piece)
from __future__ import annotations

import io
import struct
import subprocess
import zipfile
import zlib
from pathlib import Path

import pikepdf
from PIL import Image, PngImagePlugin

CANARY = b"QfPlantedAuthor"
WORDS = CANARY.decode()
OFFICE = "application/vnd.openxmlformats-officedocument."
ODF = "application/vnd.oasis.opendocument."


def picture(kind: str, size: tuple[int, int] = (64, 48)) -> bytes:
    """An image with EXIF (artist, GPS), a comment and, where the format has it, text and XMP."""
    out, image = io.BytesIO(), Image.linear_gradient("L").resize(size).convert("RGB")
    exif = Image.Exif()
    exif[0x013B] = exif[0x010F] = WORDS
    exif.get_ifd(0x8825)[1] = "N"
    exif.get_ifd(0x8825)[2] = (30.0, 15.0, 1.0)
    xmp = b'<x:xmpmeta xmlns:x="adobe:ns:meta/">' + CANARY + b"</x:xmpmeta>"
    if kind == "JPEG":
        image.save(out, kind, exif=exif, comment=CANARY, xmp=xmp)
    elif kind == "PNG":
        info = PngImagePlugin.PngInfo()
        info.add_text("Author", WORDS)
        image.save(out, kind, exif=exif, pnginfo=info)
    elif kind == "GIF":
        image.convert("P").save(out, kind, comment=CANARY)
    elif kind == "TIFF":
        image.save(out, kind, tiffinfo={315: WORDS, 270: WORDS})
    elif kind == "WEBP":
        image.save(out, kind, exif=exif, xmp=xmp)
    elif kind == "HEIF":
        import pillow_heif

        pillow_heif.from_pillow(image).save(out, exif=exif.tobytes())
    elif kind == "AVIF":
        image.save(out, kind, exif=exif, xmp=xmp)
    else:
        image.save(out, kind)
        return out.getvalue() + CANARY  # BMP has no place for it but its end
    return out.getvalue() + CANARY


def pdf(*, script: bool = True) -> bytes:
    """A page with a photo that has EXIF, an author, XMP, an attachment, a script and an action."""
    book = pikepdf.new()
    page = book.add_blank_page(page_size=(300, 200))
    image = pikepdf.Stream(book, picture("JPEG"))
    image.update({"/Type": pikepdf.Name.XObject, "/Subtype": pikepdf.Name.Image, "/Width": 64, "/Height": 48})
    image.update({"/ColorSpace": pikepdf.Name.DeviceRGB, "/BitsPerComponent": 8})
    image.Filter = pikepdf.Name.DCTDecode
    page.obj.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(P=book.make_indirect(image)))
    page.obj.Contents = pikepdf.Stream(book, b"q 200 0 0 150 20 20 cm /P Do Q")
    book.docinfo["/Author"] = WORDS
    with book.open_metadata() as meta:
        meta["dc:creator"] = [WORDS]
    book.attachments["a.txt"] = CANARY
    if script:
        act = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS=f"app.alert('{WORDS}')")
        book.Root.OpenAction = act
        page.obj.AA = pikepdf.Dictionary(O=act)
        page.obj.PieceInfo = pikepdf.Dictionary(X=pikepdf.Dictionary(Private=WORDS))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def packed(parts: dict[str, bytes | str]) -> bytes:
    """A zip of these parts."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as book:
        book.comment = CANARY
        for name, data in parts.items():
            book.writestr(name, data)
    return out.getvalue()


def ooxml(kind: str) -> bytes:
    """A Word, Excel or PowerPoint file with an author, an outside template, a macro and a photo."""
    w = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    body = {
        "docx": ("word/document.xml", f'<w:document {w}><w:body><w:p w:rsidR="{WORDS}"><w:ins w:author="{WORDS}"'
                 f' w:date="2026-01-01T00:00:00Z"><w:r><w:t>押金 200 元</w:t></w:r></w:ins></w:p></w:body></w:document>'),
        "xlsx": ("xl/workbook.xml", '<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"/>'),
        "pptx": ("ppt/presentation.xml", "<p:presentation xmlns:p="
                 '"http://schemas.openxmlformats.org/presentationml/2006/main"/>'),
    }[kind]  # fmt: skip
    folder = body[0].partition("/")[0]
    rel = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
    return packed(
        {
            "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
            '<Override PartName="/docProps/core.xml" ContentType="x"/></Types>',
            "_rels/.rels": f'<Relationships><Relationship Id="r1" Type="{rel}officeDocument" Target="{body[0]}"/>'
            f'<Relationship Id="r2" Type="x/core-properties" Target="docProps/core.xml"/></Relationships>',
            body[0]: body[1],
            f"{folder}/_rels/document.xml.rels": f'<Relationships><Relationship Id="r9" Type="{rel}attachedTemplate"'
            f' Target="http://{WORDS}.example/t.dotm" TargetMode="External"/></Relationships>',
            "docProps/core.xml": f"<x><dc:creator xmlns:dc='d'>{WORDS}</dc:creator></x>",
            "docProps/thumbnail.jpeg": picture("JPEG"),
            f"{folder}/vbaProject.bin": CANARY,
            f"{folder}/media/image1.jpeg": picture("JPEG"),
        }
    )


def odf(kind: str) -> bytes:
    """An OpenDocument file with an author, a macro and a photo."""
    mime = {"odt": "text", "ods": "spreadsheet", "odp": "presentation"}[kind]
    return packed(
        {
            "mimetype": ODF + mime,
            "content.xml": '<office:document-content xmlns:office="o" xmlns:text="t" xmlns:dc="d"><office:body>'
            f"<text:p>押金 200 元</text:p><office:annotation><dc:creator>{WORDS}</dc:creator></office:annotation>"
            "</office:body></office:document-content>",
            "meta.xml": f"<m><meta:initial-creator xmlns:meta='m'>{WORDS}</meta:initial-creator></m>",
            "Basic/Standard/Module1.xml": WORDS,
            "Pictures/1.png": picture("PNG"),
            "META-INF/manifest.xml": '<manifest:manifest xmlns:manifest="x">'
            '<manifest:file-entry manifest:full-path="meta.xml"/></manifest:manifest>',
        }
    )


def ofd() -> bytes:
    """An OFD file (GB/T 33190) with an author."""
    return packed(
        {
            "OFD.xml": '<ofd:OFD xmlns:ofd="http://www.ofdspec.org/2016"><ofd:DocBody><ofd:DocInfo>'
            f"<ofd:DocID>1</ofd:DocID><ofd:Author>{WORDS}</ofd:Author></ofd:DocInfo></ofd:DocBody></ofd:OFD>",
            "Doc_0/Document.xml": "<ofd:Document xmlns:ofd='http://www.ofdspec.org/2016'/>",
        }
    )


def rtf() -> bytes:
    """RTF with an author and an object."""
    return (
        b"{\\rtf1{\\info{\\author "
        + CANARY
        + b"}}{\\object{\\*\\objdata "
        + CANARY
        + b"}}\\rsid123 deposit 200}"
    )


def sound_or_film(ffmpeg: str, ending: str, folder: Path) -> bytes:
    """A fifth of a second with a title and an artist, or where these have no place, with what has."""
    path = folder / f"a.{ending}"
    if ending == "amr":  # ten frames of the narrowest speech, and what somebody hung on
        return b"#!AMR\n" + (b"\x04" + bytes(12)) * 10 + b"TAG" + CANARY.ljust(125, b"\0")
    film = ["-f", "lavfi", "-i", "color=c=gray:s=64x48:r=10"]
    silence = "anullsrc=r=8000:cl=mono" if ending != "aac" else "sine=r=8000"
    source = ["-f", "lavfi", "-i", silence]
    if ending == "mpg":
        source = [*film[:-1], "color=c=gray:s=64x48:r=25", "-c:v", "mpeg2video"]
    if ending in ("mp4", "mov", "avi", "mkv", "3gp"):
        source = [*film, "-c:v", "mpeg4" if ending != "mkv" else "mjpeg"]
    command = [ffmpeg, "-v", "error", "-y", *source, "-t", "0.2"]
    marks = ["-metadata", f"title={WORDS}", "-metadata", f"artist={WORDS}", "-metadata", f"comment={WORDS}"]
    subprocess.run([*command, *marks, str(path)], check=True, env={})
    data = path.read_bytes()
    if ending == "aac":
        return data + b"TAG" + CANARY.ljust(125, b"\0")  # ID3v1
    if ending == "mpg":  # user_data before the first group of pictures (ISO/IEC 13818-2, 6.2.2.2)
        group = data.index(b"\0\0\1\xb8")
        return data[:group] + b"\0\0\1\xb2" + CANARY + data[group:]
    return data


def h264(ffmpeg: str, folder: Path, ending: str) -> bytes:
    """A film whose stream of pictures itself says what made it."""
    path = folder / f"h.{ending}"
    source = ["-f", "lavfi", "-i", "color=c=gray:s=64x48:r=10", "-t", "0.2", "-c:v", "libx264"]
    subprocess.run([ffmpeg, "-v", "error", "-y", *source, str(path)], check=True, env={})
    return path.read_bytes()


def giant_png(side: int) -> bytes:
    """A PNG of side × side pixels in a few kilobytes."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    deflate = zlib.compressobj(9)
    lines = b"".join(deflate.compress(bytes(side // 8 + 1)) for _ in range(min(side, 2000))) + deflate.flush()
    head = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", lines) + chunk(b"IEND", b"")


def bomb() -> bytes:
    """A Word file that says it unpacks to 90 MB of zeros, from 90 kB."""
    return packed({"[Content_Types].xml": "<Types/>", "word/document.xml": bytes(90 * 2**20)})
