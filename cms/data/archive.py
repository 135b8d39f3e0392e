"""The whole set as one ZIP: every register in each format, with schemas, the dictionary of fields, a licence.

Written while it is sent. Every entry is read chunk by chunk, so that memory does not grow with the registers.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import override
from workdays import clock

from cms.data import catalogue, csv_stream, jsonl_stream
from cms.data.kinds import Kind
from cms.data.registers import REGISTERS
from cms.data.xlsx_stream import Outlet

LICENCE_URL = "https://creativecommons.org/licenses/by/4.0/"
PIECE = 64 * 1024


def archive(at: datetime, sequence: int) -> Iterator[bytes]:
    """The file in pieces of some 64 kB. `sequence`: the last publication it surely holds."""
    outlet = Outlet()
    with zipfile.ZipFile(outlet, "w", zipfile.ZIP_DEFLATED) as package:  # type: ignore[arg-type]
        for path, pieces in _entries(at, sequence):
            # Of unknown size, so with room for sizes beyond 4 GiB.
            with package.open(_info(path, at), "w", force_zip64=True) as entry:
                for piece in pieces:
                    entry.write(piece)
                    if outlet.size >= PIECE:
                        outlet.size = 0
                        yield outlet.take()
    yield outlet.take()


def _info(path: str, at: datetime) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(path, at.timetuple()[:6])
    info.compress_type = zipfile.ZIP_DEFLATED
    return info


def _entries(at: datetime, sequence: int) -> Iterator[tuple[str, Iterable[bytes]]]:
    yield "README.txt", [readme(at, sequence).encode()]
    yield "LICENCE.txt", [licence().encode()]
    yield "fields.csv", dictionary()
    yield "catalogue.jsonld", [json.dumps(catalogue.catalogue(), ensure_ascii=False, indent=1).encode()]
    for kind in REGISTERS:
        yield f"schema/{kind.name}.json", [json.dumps(schema_of(kind), ensure_ascii=False, indent=1).encode()]
    for kind in REGISTERS:
        yield f"jsonl/{kind.name}.jsonl", jsonl_stream.lines(kind)
        yield f"csv/{kind.name}.csv", csv_stream.lines(header(kind, english=True), kind.lines())


def header(kind: Kind, *, english: bool) -> list[str]:
    """The names of the columns: fixed ones in English, phrases in Chinese."""
    return [column.name if english else str(column.label) for column in kind.columns]


def schema_of(kind: Kind) -> dict[str, Any]:
    """The JSON Schema (2020-12) of one line of the register's JSON Lines."""
    found = kind.schema.model_json_schema(by_alias=True, mode="serialization")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **found}


def dictionary() -> Iterator[bytes]:
    """fields.csv: every column of every flat file, in both languages."""

    def rows() -> Iterator[list[str]]:
        for kind in REGISTERS:
            for column in kind.columns:
                labels = []
                for language in ("zh-hans", "en"):
                    with override(language):
                        labels.append(str(column.label))
                yield [f"csv/{kind.name}.csv", column.name, column.type, *labels]

    return csv_stream.lines(["file", "column", "type", "zh", "en"], rows())


def readme(at: datetime, sequence: int) -> str:
    """What is inside, in both languages."""
    words = {"url": settings.SITE_URL, "at": at.isoformat(timespec="seconds"), "n": sequence}
    texts = []
    for language in ("zh-hans", "en"):
        with override(language):
            listed = "\n".join(f"  {kind.name}  {kind.label}：{kind.description}" for kind in REGISTERS)
            texts.append(
                _(
                    "清风开放数据，%(url)s/data/，取于 %(at)s，公布顺序号 %(n)d。\n"
                    "jsonl/ 一行一条完整记录，格式见 schema/；csv/ 同样的记录拉平成表格，UTF-8，带 BOM，"
                    "以 = + - @ 开头的文字前加了一个撇号；各栏见 fields.csv。\n"
                    "之后的变化：%(url)s/api/v1/changes?after=%(n)d\n"
                )
                % words
                + listed
            )
    return "\n\n".join(texts) + "\n"


def licence() -> str:
    texts = []
    for language in ("zh-hans", "en"):
        with override(language):
            texts.append(
                _(
                    "本数据集按知识共享 署名 4.0 国际许可（CC BY 4.0）提供：%(licence)s\n"
                    "可以自由使用、转载和加工，注明来源（%(url)s）和日期就行。"
                )
                % {"licence": LICENCE_URL, "url": settings.SITE_URL}
            )
    return "\n\n".join(texts) + "\n"


def file_name() -> str:
    return f"qingfeng-{clock.today().isoformat()}.zip"
