"""`make run`: sets up what is not yet set up, then web, workers and beat until Ctrl-C.

    python -m config.serve          (HOST, PORT, VAR_DIR and DEMO come from the environment)

Where everything is set up already, no application is loaded here: the second start is as quick as the web
server itself.
"""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from config import demo, setting_up, supervisor


class Refused(Exception):
    """Why the site is not started, as a sentence."""


def main() -> None:
    """Does not return: the process becomes the supervisor."""
    os.umask(0o077)
    host = os.environ.get("HOST") or "127.0.0.1"
    try:
        var, base, port = Path(settings.VAR_DIR), Path(settings.BASE_DIR), int(settings.PORT)
        refuse_second(var)
        refuse_used_port(host, port)
        demo.refuse_open(host)
        if not setting_up.done():
            setting_up.run(say)
    except (Refused, demo.DemoRefused, setting_up.Failed, ImproperlyConfigured) as refused:
        sys.exit(str(refused))
    conf = var / "supervisord.conf"
    conf.write_text(supervisor.configuration(var, base), encoding="utf-8")
    say(f"清风 Qingfeng: http://{host}:{port}  (Ctrl-C ends it)")
    if demo.accounts_file().exists():
        say(f"Demo accounts: {demo.accounts_file()}")
    os.environ |= {"VAR_DIR": str(var), "HOST": host, "PORT": str(port)}
    program = Path(sys.executable).parent / "supervisord"
    os.execv(program, [str(program), "-n", "-c", str(conf)])  # noqa: S606  (no shell, our own arguments)


def say(sentence: str) -> None:
    """A line for whoever watches, at once."""
    sys.stdout.write(sentence + "\n")
    sys.stdout.flush()


def refuse_second(var: Path) -> None:
    """One supervisor a VAR_DIR: two would both take the same jobs."""
    if pid := supervisor.running(var):
        raise Refused(f"The site already runs on {var} (process {pid}). Stop it first: kill {pid}")


def refuse_used_port(host: str, port: int) -> None:
    """Asks for the port before anything is set up."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host.strip("[]"), port))
        except OSError as error:
            raise Refused(
                f"Port {port} on {host} cannot be used ({error.strerror}). Choose another: make run PORT=8010"
            ) from error


if __name__ == "__main__":
    main()
