"""Looking for words in bytes: in clear and in the disguises that software puts them on by itself."""

from __future__ import annotations

import base64
import json
import urllib.parse
from collections.abc import Iterable, Iterator
from pathlib import Path

BLOCK = 8 << 20


def disguises(word: str) -> dict[str, bytes]:
    """`word` as it may stand in a file, by name of the encoding. It should be ten letters or more.

    Base64 has three forms by where the word begins among three bytes; of each, what depends on no neighbour.
    """
    clear = word.encode()
    quoted = urllib.parse.quote(word, safe="")
    escaped = json.dumps(word)[1:-1]
    found = {
        "UTF-8": clear,
        "UTF-16LE": word.encode("utf-16-le"),
        "UTF-16BE": word.encode("utf-16-be"),
        "percent": quoted.encode(),
        "percent, lower case": quoted.lower().encode(),
        "JSON": escaped.encode(),
        "JSON, upper case": escaped.upper().replace("\\U", "\\u").encode(),
        "HTML": "".join(f"&#{ord(letter)};" for letter in word).encode(),
        "hex": clear.hex().encode(),
    }
    for name, raw in (("UTF-8", clear), ("JSON", escaped.encode())):
        for offset in range(3):
            whole = base64.b64encode(b"\0" * offset + raw).rstrip(b"=")
            # The first letters hold the padding before, the last one bits of what follows.
            core = whole[(0, 2, 3)[offset] : len(whole) - (1 if (offset + len(raw)) % 3 else 0)]
            found[f"base64 of {name} at {offset}"] = core
            found[f"base64url of {name} at {offset}"] = core.replace(b"+", b"-").replace(b"/", b"_")
    return found


def found_in(data: bytes, words: Iterable[str]) -> Iterator[str]:
    """The encodings in which any of `words` stands in `data`."""
    for word in words:
        for name, needle in disguises(word).items():
            if needle in data:
                yield f"{word} as {name}"


def search_files(folder: Path, words: Iterable[str]) -> tuple[list[str], int]:
    """Where under `folder` any of `words` stands, in contents or names, and how many bytes were looked at.

    A file that goes while it is looked for is gone; blocks overlap so that nothing hides between two.
    """
    words, hits, size = list(words), [], 0
    longest = max(len(needle) for word in words for needle in disguises(word).values())
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        hits += [f"{hit} in the name {name}" for hit in found_in(name.encode(), words)]
        if not path.is_file() or path.is_symlink():
            continue
        try:
            with path.open("rb") as file:
                tail = b""
                while block := file.read(BLOCK):
                    size += len(block)
                    hits += [f"{hit} in {name}" for hit in found_in(tail + block, words)]
                    tail = block[-longest:]
        except FileNotFoundError:
            continue
    return hits, size
