#!/usr/bin/env python
"""Django's command line, with the project's settings."""

import os
import sys
from pathlib import Path

if __name__ == "__main__":
    # `site/` is a folder on the path, never a package: its name belongs to the standard library.
    root = Path(__file__).resolve().parent
    sys.path[:0] = [str(root), str(root / "site")]
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        sys.exit(f"{error}")  # the sentence that names the variable, without a stack around it
