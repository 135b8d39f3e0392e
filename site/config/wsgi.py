"""What gunicorn serves: `gunicorn -c python:config.gunicorn config.wsgi`."""

import os

from django.core.wsgi import get_wsgi_application

from config.middleware import utf_8_only

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

application = utf_8_only(get_wsgi_application())

# Every room is loaded now, in gunicorn's master: what lives only in memory (the key of the rate limits'
# window) must be the same in all workers, and the first visitor need not wait.
from django.urls import get_resolver  # noqa: E402

_ = get_resolver().url_patterns
