"""Numbers by threes, as LOOK.md has them: Django's own rule for Chinese groups by fours, "1,2345"."""

THOUSAND_SEPARATOR = ","
NUMBER_GROUPING = 3
