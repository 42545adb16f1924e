from __future__ import annotations

from pathlib import Path

from ohmstead.simulator.persona import names
from ohmstead.simulator.reference import page

ROOT = Path(__file__).resolve().parent.parent.parent


def test_the_page_is_what_the_personas_say() -> None:
    written = (ROOT / "docs" / "reference" / "personas.md").read_text()
    assert written == page(), "run: python -m ohmstead.simulator.reference > docs/reference/personas.md"


def test_it_has_every_persona_and_every_kind_of_step() -> None:
    text = page()
    assert all(f"### {name}\n" in text for name in names())
    assert "- **power-cut**: The mains fail for a moment." in text
    assert "| `seq_no` | `always-zero` or `per-evse` or `per-transaction` | per-transaction | how seqNo" in text
    assert "[lbbrhzn/ocpp/issues/2032](https://github.com/lbbrhzn/ocpp/issues/2032)" in text
