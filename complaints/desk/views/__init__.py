"""The desk's pages, one file for each thing one does there."""
