"""A browser without JavaScript over plain HTTP: cookies, forms, redirects. It reads as a person would."""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.cookiejar
import re
import struct
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

RECEIPT = re.compile(r"\d{5}(?: \d{5}){4}")


@dataclass
class Field:
    """One control of a form."""

    name: str
    type: str
    value: str = ""
    checked: bool = False
    options: list[str] = field(default_factory=list)


@dataclass
class Form:
    """One form of a page, with its named buttons in order."""

    action: str
    method: str
    fields: list[Field] = field(default_factory=list)
    buttons: list[tuple[str, str]] = field(default_factory=list)

    def names(self) -> set[str]:
        """The names of its controls."""
        return {f.name for f in self.fields}


class Page(HTMLParser):
    """The forms, links and text of an HTML page."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.forms: list[Form] = []
        self.links: list[str] = []
        self.pieces: list[str] = []
        self._form: Form | None = None
        self._area: Field | None = None
        self._select: Field | None = None
        self._silent = 0
        self.feed(html)

    @property
    def text(self) -> str:
        """What can be read, with single spaces."""
        return re.sub(r"\s+", " ", "".join(self.pieces))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        a = {name: value or "" for name, value in attrs}
        if tag in ("script", "style"):
            self._silent += 1
        elif tag == "a" and "href" in a:
            self.links.append(a["href"])
        elif tag == "form":
            self._form = Form(a.get("action", ""), a.get("method", "get").lower())
            self.forms.append(self._form)
        elif self._form is not None:
            self._control(tag, a, {name for name, _ in attrs})

    def _control(self, tag: str, a: dict[str, str], present: set[str]) -> None:
        assert self._form is not None
        name, kind = a.get("name", ""), a.get("type", "text").lower()
        if (tag == "button" and a.get("type", "submit") == "submit" and name) or (
            tag == "input" and kind == "submit" and name
        ):
            self._form.buttons.append((name, a.get("value", "")))
        elif tag == "input" and name and kind not in ("button", "image", "reset"):
            value = a.get("value", "on" if kind in ("checkbox", "radio") else "")
            self._form.fields.append(Field(name, kind, value, "checked" in present))
        elif tag == "textarea" and name:
            self._area = Field(name, "textarea")
            self._form.fields.append(self._area)
        elif tag == "select" and name:
            self._select = Field(name, "select")
            self._form.fields.append(self._select)
        elif tag == "option" and self._select is not None:
            self._select.options.append(a.get("value", ""))
            if "selected" in present:
                self._select.value = a.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("script", "style"):
            self._silent -= 1
        elif tag == "form":
            self._form = None
        elif tag == "textarea":
            self._area = None
        elif tag == "select":
            self._select = None

    def handle_data(self, data: str) -> None:
        if self._area is not None:
            # A browser drops the newline right after <textarea>.
            self._area.value += data.removeprefix("\n") if not self._area.value else data
        elif not self._silent:
            self.pieces.append(data)


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows them, unless its client does not want to."""

    def __init__(self, client: Client) -> None:
        self.client = client

    def redirect_request(self, *args: Any, **kwargs: Any) -> urllib.request.Request | None:
        """The request to follow with; None makes the redirect the answer."""
        return super().redirect_request(*args, **kwargs) if self.client.follow else None


class Client:
    """One visitor with a cookie jar of its own."""

    def __init__(self, base: str, *, timeout: float = 60) -> None:
        self.base, self.timeout = base, timeout
        self.jar = http.cookiejar.CookieJar()
        self.follow = True  # redirects
        ways = (urllib.request.HTTPCookieProcessor(self.jar), _Redirects(self))
        self._open = urllib.request.build_opener(*ways).open
        self.url = base + "/"
        self.status, self.body, self.page = 0, b"", Page("")
        self.headers: Mapping[str, str] = {}

    def get(self, path: str) -> Client:
        """Opens an address, relative to the page that is open; redirects are followed."""
        return self._request(path, None, {})

    def _request(self, path: str, data: bytes | None, headers: dict[str, str]) -> Client:
        url = urllib.parse.urljoin(self.url, path)
        request = urllib.request.Request(
            url, data, {"Accept-Language": "zh-CN", "User-Agent": "test", "Referer": self.url} | headers
        )
        try:
            answer = self._open(request, timeout=self.timeout)
        except urllib.error.HTTPError as error:
            answer = error
        with answer:
            self.status, self.url, self.headers = answer.status, answer.url, answer.headers
            self.body = answer.read()
        html = "html" in (answer.headers.get("Content-Type") or "")
        self.page = Page(self.body.decode() if html else "")
        return self

    @property
    def text(self) -> str:
        """What can be read on the page."""
        return self.page.text

    @property
    def path(self) -> str:
        """The path of the page's address."""
        return urllib.parse.urlsplit(self.url).path

    def form(self, *names: str) -> Form:
        """The first form that has all these controls (without names: the largest POST form)."""
        if names:
            return next(f for f in self.page.forms if f.names() >= set(names))
        return max((f for f in self.page.forms if f.method == "post"), key=lambda f: len(f.fields))

    def submit(
        self,
        form: Form,
        values: Mapping[str, str] | None = None,
        *,
        files: Mapping[str, tuple[str, bytes]] | None = None,
        button: str | None = None,
    ) -> Client:
        """Fills in and sends a form by its first named button, or the one called `button`."""
        pairs = filled(form, values or {})
        pressed = next((b for b in form.buttons if button in (None, b[0])), None)
        pairs += [pressed] if pressed else []
        action = form.action or self.url
        if form.method == "get":
            return self.get(action.split("?")[0] + "?" + urllib.parse.urlencode(pairs))
        boundary = uuid.uuid4().hex
        sent = {name: file for name, file in (files or {}).items() if name in form.names()}
        return self._request(
            action,
            multipart(boundary, pairs, sent),
            {"Content-Type": f"multipart/form-data; boundary={boundary}"},
        )


def filled(form: Form, values: Mapping[str, str]) -> list[tuple[str, str]]:
    """What a browser would send: the page's own values, overlaid by `values`; boxes only where ticked."""
    pairs: list[tuple[str, str]] = []
    for control in form.fields:
        wanted = values.get(control.name)
        if control.type == "file":
            continue
        if control.type in ("radio", "checkbox"):
            if (wanted == control.value) if wanted is not None else control.checked:
                pairs.append((control.name, control.value))
        elif control.type == "select":
            first = next((option for option in control.options if option), "")
            pairs.append((control.name, wanted or control.value or first))
        else:
            pairs.append((control.name, control.value if wanted is None else wanted))
    return pairs


def multipart(boundary: str, pairs: list[tuple[str, str]], files: Mapping[str, tuple[str, bytes]]) -> bytes:
    """A multipart/form-data body."""
    body = b""
    for name, value in pairs:
        body += f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
    for name, (filename, content) in files.items():
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"; filename="{filename}"\r\n\r\n'
        body += head.encode() + content + b"\r\n"
    return body + f"--{boundary}--\r\n".encode()


def code(secret: str, at: float | None = None) -> str:
    """The TOTP of this half minute (RFC 6238, SHA-1, six digits) for a base32 secret."""
    key = base64.b32decode(secret.upper() + "=" * (-len(secret) % 8))
    digest = hmac.new(key, struct.pack(">Q", int((at or time.time()) // 30)), hashlib.sha1).digest()
    start = digest[-1] & 15
    number = struct.unpack(">I", digest[start : start + 4])[0] & 0x7FFFFFFF
    return f"{number % 10**6:06d}"
