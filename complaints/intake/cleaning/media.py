"""Sound and film: ffmpeg copies the streams of sound and picture into a new container, and nothing else."""

from __future__ import annotations

import os
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
    "audio/amr": ("amr", "amr", "audio/amr"),
    "audio/aac": ("aac", "adts", "audio/aac"),
    "audio/mp4": ("mov", "ipod", "audio/mp4"),
    "video/mp4": ("mov", "mp4", "video/mp4"),
    "video/quicktime": ("mov", "mov", "video/quicktime"),
    "video/3gpp": ("mov", "3gp", "video/3gpp"),
    "video/x-msvideo": ("avi", "avi", "video/x-msvideo"),
    "video/webm": ("matroska", "matroska", "video/webm"),
    "video/mpeg": ("mpeg", "vob", "video/mpeg"),
}


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
