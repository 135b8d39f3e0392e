"""XML in and out for BPMN: read with limits and without declarations of types or entities."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.parsers import expat

from django.utils.translation import gettext as _

MOST_BYTES, MOST_DEPTH, MOST_ELEMENTS = 4_000_000, 64, 50_000
ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Refused(ValueError):
    """Why a file is not taken: sentences, each with the id of an element (or "")."""

    def __init__(self, reasons: list[tuple[str, str]]) -> None:
        super().__init__("\n".join(sentence for _id, sentence in reasons))
        self.reasons = reasons


@dataclass
class Node:
    """An element: namespace and name, attributes by "{namespace}name", children, text, its line."""

    space: str
    name: str
    attributes: dict[str, str]
    line: int = 0
    text: str = ""
    children: list[Node] = field(default_factory=list)

    def get(self, name: str, default: str = "") -> str:
        return self.attributes.get(name, default)

    def all(self, space: str, *names: str) -> Iterator[Node]:
        """The children of these names."""
        return (c for c in self.children if c.space == space and c.name in names)

    def first(self, space: str, name: str) -> Node | None:
        return next(self.all(space, name), None)


def parse(data: bytes) -> Node:
    """The root element. Raises Refused: too large or deep, a DTD, an entity, not well-formed."""
    if len(data) > MOST_BYTES:
        raise Refused([("", _("文件超过 %(n)d MB。") % {"n": MOST_BYTES // 1_000_000})])
    return _Reader().read(_utf8(data))


def _utf8(data: bytes) -> bytes:
    """Declared Chinese encodings are read too; expat knows only Unicode and Latin."""
    declared = re.match(rb"\s*<\?xml[^>]*encoding\s*=\s*[\"']([A-Za-z0-9._-]+)", data[:200])
    name = declared[1].decode().lower() if declared else ""
    if name not in ("gb2312", "gbk", "gb18030", "big5"):
        return data
    try:
        text = data.decode("gb18030" if name.startswith("gb") else name)
    except UnicodeDecodeError as error:
        raise Refused([("", _("文件写明编码是 %(name)s，但不是。") % {"name": name})]) from error
    return re.sub(r"encoding\s*=\s*[\"'][^\"']+[\"']", 'encoding="utf-8"', text, count=1).encode()


class _Reader:
    def __init__(self) -> None:
        self.open: list[Node] = []
        self.root: Node | None = None
        self.count = 0
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self.start
        self.parser.EndElementHandler = self.end
        self.parser.CharacterDataHandler = self.words
        for name in ("StartDoctypeDecl", "EntityDecl", "UnparsedEntityDecl", "NotationDecl"):
            setattr(self.parser, name + "Handler", self.declared)
        self.parser.ExternalEntityRefHandler = self.declared

    def read(self, data: bytes) -> Node:
        try:
            self.parser.Parse(data, True)
        except expat.ExpatError as error:
            sentence = _("第 %(line)d 行不是正确的 XML：%(why)s。") % {
                "line": error.lineno,
                "why": expat.ErrorString(error.code),
            }
            raise Refused([("", sentence)]) from error
        except ValueError as error:  # an encoding that expat does not know
            if isinstance(error, Refused):
                raise
            raise Refused([("", _("文件的编码读不懂，请另存为 UTF-8。"))]) from error
        if self.root is None:
            raise Refused([("", _("文件是空的。"))])
        return self.root

    def declared(self, *_args: object) -> int:
        line = self.parser.CurrentLineNumber
        sentence = _("第 %(line)d 行有文档类型或实体声明（DTD），为安全起见不读这样的文件。") % {"line": line}
        raise Refused([("", sentence)])

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self.count += 1
        line = self.parser.CurrentLineNumber
        ident = attributes.get("id", "")
        if len(self.open) >= MOST_DEPTH:
            raise Refused(
                [(ident, _("第 %(line)d 行：元素套了 %(n)d 层以上。") % {"line": line, "n": MOST_DEPTH})]
            )
        if self.count > MOST_ELEMENTS:
            raise Refused([(ident, _("元素超过 %(n)d 个。") % {"n": MOST_ELEMENTS})])
        space, _blank, name = tag.rpartition(" ")
        named = {_clark(k): v for k, v in attributes.items()}
        node = Node(space, name, named, line)
        if self.open:
            self.open[-1].children.append(node)
        else:
            self.root = node
        self.open.append(node)

    def end(self, _tag: str) -> None:
        self.open.pop()

    def words(self, text: str) -> None:
        self.open[-1].text += text


def _clark(name: str) -> str:
    """expat's "namespace name" as "{namespace}name"."""
    space, blank, local = name.rpartition(" ")
    return f"{{{space}}}{local}" if blank else name


def escaped(text: str, *, attribute: bool = False) -> str:
    """Text for XML; a carriage return, and in attributes any white space, survives the reading."""
    out = ILLEGAL.sub("", text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    out = out.replace("\r", "&#13;")
    if attribute:
        out = out.replace('"', "&quot;").replace("\n", "&#10;").replace("\t", "&#9;")
    return out


def element(name: str, attributes: dict[str, object] | None = None, *inner: str, text: str = "") -> str:
    """An element as text. Attributes that are None are left out; `inner` is XML already."""
    given = "".join(
        f' {k}="{escaped(str(v), attribute=True)}"' for k, v in (attributes or {}).items() if v is not None
    )
    body = escaped(text) + "".join(inner)
    return f"<{name}{given}>{body}</{name}>" if body else f"<{name}{given}/>"


def written(node: Node) -> str:
    """An element of another program as text that stands by itself, with its own namespaces."""
    spaces: dict[str, str] = {}
    _gather(node, spaces)
    return _write(node, spaces, root=True)


def _gather(node: Node, spaces: dict[str, str]) -> None:
    names = [node.space, *(k[1:].partition("}")[0] for k in node.attributes if k.startswith("{"))]
    for space in names:
        if space and space != "http://www.w3.org/XML/1998/namespace":
            spaces.setdefault(space, f"x{len(spaces)}")
    for child in node.children:
        _gather(child, spaces)


def _write(node: Node, spaces: dict[str, str], *, root: bool = False) -> str:
    given: dict[str, object] = {f"xmlns:{p}": s for s, p in spaces.items()} if root else {}
    for name, value in node.attributes.items():
        given[prefixed(name, spaces)] = value
    tag = f"{spaces[node.space]}:{node.name}" if node.space else node.name
    text = node.text if node.text.strip() or not node.children else ""
    return element(tag, given, *(_write(c, spaces) for c in node.children), text=text)


def prefixed(name: str, spaces: dict[str, str]) -> str:
    """ "{namespace}name" with its prefix."""
    if not name.startswith("{"):
        return name
    space, _brace, local = name[1:].partition("}")
    return f"xml:{local}" if space == "http://www.w3.org/XML/1998/namespace" else f"{spaces[space]}:{local}"
