"""Copies of what strangers sent that are safe to look at: made by a child process that has nothing to lose.

`run` starts the child and is all that the rest of the site imports; `child` and what it imports run without
Django, keys, environment, network and disk.
"""
