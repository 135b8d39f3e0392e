"""docs/procedure.svg and docs/procedure.md, drawn from the table of transitions.

`python -m tests.complaints.desk.procedure docs` writes both (with DJANGO_SETTINGS_MODULE set).
"""

from __future__ import annotations

STYLE = (
    "<style>.box{fill:#fff;stroke:#6d7b77}.edge{fill:none;stroke:#46534f;stroke-width:1.5}"
    "text{font:15px sans-serif}.mid-t{text-anchor:middle}.ax{font-size:13px}</style>"
)


def drawn() -> str:
    """The picture as a file of its own."""
    from complaints.desk import picture

    text = str(picture.svg()).replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1)
    return text.replace(">", ">" + STYLE, 1) + "\n"


def page() -> str:
    """The list beside it."""
    from complaints.desk import picture

    out = [
        "# The procedure",
        "",
        "Drawn from `complaints/desk/transitions.py`, as is the page `/desk/procedure/`; to draw it again:",
        "`python -m tests.complaints.desk.procedure docs`. Numbers are those of the picture.",
        "",
        "![states and steps](procedure.svg)",
        "",
        "| no. | step | from | to | who | two persons | needs | deadline |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for line in picture.lines():
        cells = (
            line.label,
            line.source,
            line.target,
            line.roles,
            "●" if line.two else "",
            line.needs,
            line.rule,
        )
        out.append(f"| {line.number} | " + " | ".join(cells) + " |")
    return "\n".join(out) + "\n"


if __name__ == "__main__":
    import os
    import sys
    from pathlib import Path

    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    folder = Path(sys.argv[1])
    (folder / "procedure.svg").write_text(drawn(), encoding="utf-8")
    (folder / "procedure.md").write_text(page(), encoding="utf-8")
