"""Sound and film: ffmpeg copies the streams of sound and picture into a new container, and nothing else.

Encoders write into the stream of pictures, too: what they are set to, or where a camera was. Those units are
left out where ffmpeg can tell them (H.264, H.265 but for its header, AV1, MPEG-2). AMR has no container: its
frames are copied here, up to the first byte that begins none (RFC 4867, section 5).
"""

from __future__ import annotations

import os
import re
import subprocess
from typing import BinaryIO

from complaints.intake.cleaning.answers import Answer, Unable

# MIME type: ffmpeg's reader, its writer, the type of the copy. The reader is named, never guessed: a list of
# addresses in a film's clothes opens nothing.
FORMATS = {
    "audio/wav": ("wav", "wav", "audio/wav"),
    "audio/mpeg": ("mp3", "mp3", "audio/mpeg"),
    "audio/ogg": ("ogg", "ogg", "audio/ogg"),
    "audio/flac": ("flac", "flac", "audio/flac"),
    "audio/aac": ("aac", "adts", "audio/aac"),
    "audio/mp4": ("mov", "ipod", "audio/mp4"),
    "video/mp4": ("mov", "mp4", "video/mp4"),
    "video/quicktime": ("mov", "mov", "video/quicktime"),
    "video/3gpp": ("mov", "3gp", "video/3gpp"),
    "video/x-msvideo": ("avi", "avi", "video/x-msvideo"),
    "video/webm": ("matroska", "matroska", "video/webm"),
    "video/mpeg": ("mpeg", "vob", "video/mpeg"),
}
# Codec: the units of its stream that say something beside the picture: SEI (of H.265 prefix and suffix),
# OBU_METADATA, user_data.
TELLING = {"h264": "6", "hevc": "39-40", "av1": "5", "mpeg2video": "178"}
STREAM = re.compile(rb"^  Stream #0:\d+.*?: Video: (\w+)(?!.*attached pic)", re.M)
# Bytes of a frame after its first one, by frame type; None: no such frame. Narrow band, wide band.
AMR = {
    b"#!AMR\n": (12, 13, 15, 17, 19, 20, 26, 31, 5, None, None, None, None, None, None, 0),
    b"#!AMR-WB\n": (17, 23, 32, 36, 40, 46, 50, 58, 60, 5, None, None, None, None, 0, 0),
}


def clean_amr(source: BinaryIO, out: BinaryIO) -> Answer:
    """Only whole frames of speech. Unable("broken") where there is none."""
    head = source.readline(16)
    if head not in AMR:
        raise Unable("broken")
    out.write(head)
    frames = 0
    while (first := source.read(1)) and not first[0] & 0x83:
        size = AMR[head][first[0] >> 3 & 15]
        if size is None or len(frame := source.read(size)) != size:
            break
        out.write(first + frame)
        frames += 1
    if not frames:
        raise Unable("broken")
    return Answer("audio/amr")


def clean(mime: str, out: BinaryIO, *, ffmpeg: str, seconds: int) -> Answer:
    """Standard input (a file in memory) to `out`, streams copied. Unable("ffmpeg") where there is none."""
    if not ffmpeg:
        raise Unable("ffmpeg")
    reader, writer, gives = FORMATS[mime]
    copy = os.dup(out.fileno())  # its own standard output goes nowhere
    sound = (
        ["-map", "0:a"]
        if mime.startswith("audio/") and mime != "audio/ogg"
        else ["-map", "0:V?", "-map", "0:a?"]
    )
    command = [ffmpeg, "-nostdin", "-v", "quiet", "-protocol_whitelist", "file", "-f", reader]
    command += ["-i", "/proc/self/fd/0", *sound, "-map_metadata", "-1", "-map_metadata:s", "-1"]
    command += [
        "-map_chapters",
        "-1",
        "-dn",
        "-sn",
        "-c",
        "copy",
        "-fflags",
        "+bitexact",
        "-flags:v",
        "+bitexact",
    ]
    command += ["-flags:a", "+bitexact", "-threads", "1"]
    if "0:V?" in sound:
        command += _without_units(ffmpeg, reader, seconds)
    if writer == "mp3":
        command += ["-write_xing", "0", "-id3v2_version", "0"]
    command += ["-f", writer, "-y", f"/proc/self/fd/{copy}"]
    try:
        done = subprocess.run(  # noqa: S603  a program and arguments of our own
            command,
            stdin=0,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={},
            timeout=seconds,
            pass_fds=[copy],
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise Unable("time") from None
    except OSError:
        raise Unable("ffmpeg") from None
    if done.returncode or not os.fstat(out.fileno()).st_size:
        raise Unable("broken")
    return Answer(gives)


def _without_units(ffmpeg: str, reader: str, seconds: int) -> list[str]:
    """The arguments that leave TELLING units out of each stream of pictures."""
    command = [ffmpeg, "-hide_banner", "-nostdin", "-protocol_whitelist", "file", "-f", reader]
    try:
        said = subprocess.run(  # noqa: S603  a program and arguments of our own
            [*command, "-i", "/proc/self/fd/0"],
            stdin=0,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env={},
            timeout=seconds,
            check=False,
        ).stderr
    except subprocess.TimeoutExpired:
        raise Unable("time") from None
    except OSError:
        raise Unable("ffmpeg") from None
    found: list[str] = []
    for number, codec in enumerate(STREAM.findall(said)):
        if types := TELLING.get(codec.decode("ascii", "replace")):
            found += [f"-bsf:v:{number}", f"filter_units=remove_types={types}"]
    return found
