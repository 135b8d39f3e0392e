"""The engines behind one interface, and which of them holds the disclosures."""

from __future__ import annotations

from search.engines.base import BadPage, Engine, EngineDown, EngineError, Hits, IndexDamaged
from search.engines.current import disclosures

__all__ = ["BadPage", "Engine", "EngineDown", "EngineError", "Hits", "IndexDamaged", "disclosures"]
