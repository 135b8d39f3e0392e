"""Drawing a flowchart: chart (what it says), layout (where it stands), svg (how it looks)."""
