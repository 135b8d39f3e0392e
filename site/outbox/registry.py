"""Who does what: one handler a kind, registered by the room that owns it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

Handler = Callable[[str], None]
Many = Callable[[Sequence[str]], Mapping[str, Exception]]
LEASE = timedelta(seconds=30)
DEFAULT_QUEUE, VAULT_QUEUE = "celery", "vault"


class UnknownKind(Exception):
    """No room has registered a handler for this kind."""


@dataclass(frozen=True)
class Registered:
    """A handler, the queue whose worker runs it, and the longest that it may take."""

    run: Handler
    queue: str
    lease: timedelta
    many: Many | None = None


_handlers: dict[str, Registered] = {}


def handler(
    kind: str, *, queue: str = DEFAULT_QUEUE, lease: timedelta = LEASE, many: Many | None = None
) -> Callable[[Handler], Handler]:
    """Registers `fn(ref) -> None` for `kind`. It must be idempotent: it may run again after a crash.

    `lease` must be longer than the handler ever takes; after it another worker may run the same entry, and
    soon after this one's worker has died (outbox.claims).

    `many(refs) -> {ref: why it failed}` does the same for different refs at once, where that is cheaper.
    Where it raises, each is given to `fn` by itself: one bad ref stops no other.
    """

    def register(fn: Handler) -> Handler:
        if kind in _handlers and _handlers[kind].run is not fn:
            raise ValueError(f"Two handlers for {kind!r}.")
        _handlers[kind] = Registered(fn, queue, lease, many)
        return fn

    return register


def get(kind: str) -> Registered:
    """The handler of `kind`; raises UnknownKind."""
    try:
        return _handlers[kind]
    except KeyError:
        raise UnknownKind(kind) from None


def kinds(queue: str) -> list[str]:
    """The kinds whose work belongs to `queue`."""
    return [kind for kind, registered in _handlers.items() if registered.queue == queue]


def at_once(kind: str) -> bool:
    """Whether a handler takes many entries of this kind in one call."""
    return kind in _handlers and _handlers[kind].many is not None
