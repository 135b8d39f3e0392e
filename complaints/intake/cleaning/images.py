"""Pictures: decoded and encoded anew, so that nothing but what one sees is left of them."""

from __future__ import annotations

import io
from typing import Any, BinaryIO

from PIL import Image, ImageCms, ImageOps, ImageSequence

from complaints.intake.cleaning.answers import Answer, Unable

THUMB = 240  # pixels of the longer side
VIEW = 1400  # of a page or picture that is looked at
FRAMES = 500
FORMATS = {
    "image/jpeg": ("JPEG", "MPO"),
    "image/png": ("PNG",),
    "image/gif": ("GIF",),
    "image/bmp": ("BMP", "DIB"),
    "image/tiff": ("TIFF",),
    "image/webp": ("WEBP",),
    "image/heic": ("HEIF",),
    "image/heif": ("HEIF",),
    "image/avif": ("AVIF", "HEIF"),
}


def clean(source: BinaryIO, mime: str, out: BinaryIO, *, pixels: int) -> Answer:
    """Writes the picture anew. Unable("pixels") where it decodes to more than `pixels`, over all frames."""
    picture = opened(source, mime)
    shrunk = _draft(picture, pixels)
    frames = 1 if mime in ("image/heic", "image/heif", "image/avif") else getattr(picture, "n_frames", 1)
    width, height = picture.size
    # A short animation may be whole; a long one is shown by its first frame.
    if mime == "image/tiff" and frames > 1:
        return _pages(picture, out, frames, pixels)
    moving = mime in ("image/gif", "image/webp") and 1 < frames <= FRAMES
    if moving and width * height * frames <= pixels * 4:
        return _moving(picture, out)
    bare = naked(picture)
    answer = Answer("image/jpeg", width=bare.width, height=bare.height, shrunk=shrunk or frames > 1)
    if mime in ("image/jpeg", "image/heic", "image/heif", "image/avif") and bare.mode in ("RGB", "L"):
        bare.save(out, "JPEG", quality=88)
    else:
        answer.mime = "image/png"
        bare.save(out, "PNG")
    answer.thumb = thumbnail(bare)
    return answer


def opened(source: BinaryIO, mime: str) -> Image.Image:
    """The picture, not decoded yet. Pillow is asked for this format alone, whatever the bytes claim."""
    Image.MAX_IMAGE_PIXELS = None  # asked here, with a sentence of our own
    formats = FORMATS[mime]
    if "HEIF" in formats:
        import pillow_heif

        pillow_heif.register_heif_opener(thumbnails=False)
    return Image.open(source, formats=formats)


def naked(picture: Image.Image) -> Image.Image:
    """The pixels alone: turned as the camera said, in sRGB, without any of what came with them."""
    picture = ImageOps.exif_transpose(picture)
    profile = picture.info.get("icc_profile")
    if picture.mode == "I;16" or picture.mode.startswith("I;16"):
        picture = picture.point(lambda value: value / 256).convert("L")
    see_through = "A" in picture.mode or "transparency" in picture.info
    target = "RGBA" if see_through else "L" if picture.mode in ("1", "L", "I", "F") else "RGB"
    if profile and picture.mode in ("RGB", "CMYK") and target == "RGB":
        try:
            from_profile = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            converted = ImageCms.profileToProfile(
                picture, from_profile, ImageCms.createProfile("sRGB"), outputMode="RGB"
            )
        except (ImageCms.PyCMSError, OSError, ValueError):
            converted = picture.convert("RGB")
        picture = converted or picture.convert("RGB")
    else:
        picture = picture if picture.mode == target else picture.convert(target)
    bare = Image.new(picture.mode, picture.size)
    bare.paste(picture)
    return bare


def thumbnail(picture: Image.Image, side: int = THUMB) -> bytes:
    """A small JPEG of it, on white."""
    small = picture.copy() if max(picture.size) <= side else picture.resize(_within(picture.size, side))
    if small.mode == "RGBA":
        white = Image.new("RGB", small.size, "white")
        white.paste(small, mask=small.getchannel("A"))
        small = white
    out = io.BytesIO()
    small.convert("RGB").save(out, "JPEG", quality=70 if side == THUMB else 85)
    return out.getvalue()


def _within(size: tuple[int, int], side: int) -> tuple[int, int]:
    factor = side / max(size)
    return max(1, round(size[0] * factor)), max(1, round(size[1] * factor))


def _draft(picture: Image.Image, pixels: int) -> bool:
    """Checks the size that the header tells. A JPEG over it is decoded at 1/2, 1/4 or 1/8."""
    width, height = picture.size
    if width * height <= pixels:
        return False
    if picture.format in ("JPEG", "MPO"):
        for part in (2, 4, 8):
            if (width // part) * (height // part) <= pixels:
                picture.draft("RGB", (width // part, height // part))
                if picture.size[0] * picture.size[1] <= pixels:
                    return True
    raise Unable("pixels", f"{width} × {height}")


def _moving(picture: Image.Image, out: BinaryIO) -> Answer:
    frames, waits = [], []
    for frame in ImageSequence.Iterator(picture):
        waits.append(int(frame.info.get("duration", 100) or 100))
        bare = Image.new("RGBA", frame.size)
        bare.paste(frame.convert("RGBA"))
        frames.append(bare)
    first, rest = frames[0], frames[1:]
    first.save(out, "GIF", save_all=True, append_images=rest, duration=waits, loop=0, comment=b"")
    return Answer("image/gif", width=first.width, height=first.height, thumb=thumbnail(first))


def _pages(picture: Image.Image, out: BinaryIO, frames: int, pixels: int) -> Answer:
    """A scan of several pages becomes a PDF of pictures, cleaned like any other."""
    from complaints.intake.cleaning import pdf

    sheets: list[Any] = []
    total = 0
    for number in range(frames):
        picture.seek(number)
        total += picture.width * picture.height
        if number >= FRAMES or total > pixels * 4 or picture.width * picture.height > pixels:
            raise Unable("pixels", str(total))
        sheets.append(io.BytesIO(thumbnail(naked(picture), max(picture.size))))
    book = io.BytesIO()
    first, *rest = (Image.open(sheet) for sheet in sheets)
    first.save(book, "PDF", save_all=True, append_images=rest)
    book.seek(0)
    return pdf.clean(book, out, pages=FRAMES)
