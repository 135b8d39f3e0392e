"""Settings of both tiers, from the environment alone (docs/operate.md lists every variable).

Nothing set: the embedded tier, all of whose state lies under VAR_DIR. A wrong or missing production value
stops the start with a sentence that names the variable.
"""

from __future__ import annotations

import gc
import resource
from datetime import timedelta
from pathlib import Path
from typing import Any

import dj_database_url
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from config import env

# Whatever process this is, started by whomever: a core dump would hold the keys that it has in memory.
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

# Nothing that is loaded at the start is ever garbage; to look for it is a quarter of a start. On again when
# every room is loaded (config.apps).
gc.disable()

BASE_DIR = Path(__file__).resolve().parents[2]
VAR_DIR = env.folder("VAR_DIR", BASE_DIR / "var").resolve()
SECRETS_DIR = VAR_DIR / "secrets"

# What this process is -------------------------------------------------------------------------------

DEBUG = env.flag("DEBUG", False)
PRODUCTION = env.flag("PRODUCTION", False)
INTERFACES = env.words("INTERFACES", "public,intake,desk,admin")
if unknown := set(INTERFACES) - {"public", "intake", "desk", "admin"}:
    raise ImproperlyConfigured(f"INTERFACES names unknown parts: {', '.join(sorted(unknown))}.")
if PRODUCTION and DEBUG:
    raise ImproperlyConfigured("DEBUG must be 0 in production.")

PORT = env.number("PORT", 8000)
if not 0 < PORT < 65536:
    raise ImproperlyConfigured(f"PORT must be between 1 and 65535, not {PORT}.")
SITE_URL = env.url("SITE_URL", "http", "https") or f"http://127.0.0.1:{PORT}"
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS") or (
    [] if PRODUCTION else ["127.0.0.1", "localhost", "[::1]", "testserver"]
)
if PRODUCTION and not ALLOWED_HOSTS:
    raise ImproperlyConfigured("ALLOWED_HOSTS is not set. Name the hosts this site answers for.")
if PRODUCTION and not SITE_URL.startswith("https://"):
    raise ImproperlyConfigured("SITE_URL must begin with https:// in production.")

SECRET_KEY = env.secret("SECRET_KEY", SECRETS_DIR / "django", production=PRODUCTION).hex()
VAULT_PEPPER = env.secret("VAULT_PEPPER", SECRETS_DIR / "pepper", production=PRODUCTION)
VAULT_ROOT = env.public_key("VAULT_ROOT")  # the root's Ed25519 public key in hex; else VAR_DIR/vault-root
VAULT_PINS = env.pins("VAULT_PINS")  # besides those in VAR_DIR/pins
WORKER_SECRET = env.secret("WORKER_SECRET", SECRETS_DIR / "worker", production=PRODUCTION)
LEDGER_KEY = env.secret("LEDGER_KEY", SECRETS_DIR / "ledger", production=PRODUCTION)
LEDGER_NAME = env.text("LEDGER_NAME")  # of the ledger's key, for ever; unset: SITE_URL's host and /ledger
LEDGER_EVERY = env.number("LEDGER_EVERY", 60)  # minutes from one checkpoint to the next
if not 1 <= LEDGER_EVERY <= 7 * 24 * 60:
    raise ImproperlyConfigured("LEDGER_EVERY must be between 1 minute and a week (10080).")

# Parts ------------------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "config",
    "accounts",
    "ledger",
    "outbox",
    "workdays",
    "search",
    "cms",
    "complaints.vault",
    "complaints.intake",
    "complaints.desk",
    "wagtail.contrib.settings",
    "wagtail_localize",
    "wagtail_localize.locales",
    "wagtail.embeds",
    "wagtail.sites",
    "wagtail.users",
    "wagtail.snippets",
    "wagtail.documents",
    "wagtail.images",
    "wagtail.search",
    "wagtail.admin",
    "wagtail",
    "modelcluster",
    "taggit",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.humanize",
    "django.contrib.staticfiles",
    "django.contrib.sitemaps",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "axes",
    "csp",
    "django_ratelimit",
]
AUTH_USER_MODEL = "accounts.User"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "config.middleware.privacy_headers",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "config.middleware.csp_middleware",
    "config.middleware.plain_text",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "config.middleware.interfaces",
    "config.page_cache.page_cache",
    "config.middleware.refusals",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "config.middleware.staff_language",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "accounts.visits.limits",
    "accounts.middleware.mfa_required",
    "cms.admin.localize.scoped_translations",
    "accounts.middleware.key_cookie",
    "axes.middleware.AxesMiddleware",
]
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
                "config.context.site",
            ],
        },
    }
]

# Stores -----------------------------------------------------------------------------------------------

DATABASE_URL = env.required(
    "DATABASE_URL",
    env.url("DATABASE_URL", "postgres", "postgresql"),
    production=PRODUCTION,
    what="the PostgreSQL database",
)
DATABASES: dict[str, Any]
if DATABASE_URL:
    DATABASES = {"default": dj_database_url.parse(DATABASE_URL, conn_max_age=60, conn_health_checks=True)}
    if not DATABASES["default"].get("NAME"):
        raise ImproperlyConfigured("DATABASE_URL names no database.")
else:
    DATABASES = {
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": VAR_DIR / "db.sqlite3",
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": 20,
                # FULL: a receipt that was handed out survives a power cut.
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; "
                "PRAGMA foreign_keys=ON; PRAGMA secure_delete=ON;",
            },
            "TEST": {"NAME": VAR_DIR / "test.sqlite3"},
        }
    }

REDIS_URL = env.required(
    "REDIS_URL",
    env.url("REDIS_URL", "redis", "rediss"),
    production=PRODUCTION,
    what="the Redis of cache and rate limits",
)
CACHES: dict[str, dict[str, Any]]
if REDIS_URL:
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}}
else:
    CACHES = {
        "default": {
            "BACKEND": "diskcache.DjangoCache",
            "LOCATION": str(VAR_DIR / "cache"),
            "TIMEOUT": 300,
            "SHARDS": 1,
            "DATABASE_TIMEOUT": 5,
            "OPTIONS": {"size_limit": 2**28},
        }
    }

PAGE_CACHE_SECONDS = 300  # publishing clears it at once; this is for what no event tells

ELASTICSEARCH_URL = env.url("ELASTICSEARCH_URL", "http", "https")
ELASTICSEARCH_API_KEY = env.text("ELASTICSEARCH_API_KEY")
ELASTICSEARCH_CA = env.text("ELASTICSEARCH_CA")
ELASTICSEARCH_REPLICAS = env.matching("ELASTICSEARCH_REPLICAS", r"\d+|\d+-(\d+|all)", "0-1")
ELASTICSEARCH_PREFIX = env.text("ELASTICSEARCH_PREFIX", "qingfeng")
FIND_DIR = VAR_DIR / "find"  # encrypted indexes of tips; FTS5 of disclosures

STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "config.static.ManifestStorage"
    },
    "sealed": env.store("FILES", VAR_DIR / "files"),
}
STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_ROOT = VAR_DIR / "media"
# Behind nginx: the prefix of an `internal` location over MEDIA_ROOT, which sends what a view let through.
MEDIA_ACCEL = env.text("MEDIA_ACCEL")
MEDIA_URL = "/media/"  # never served: cms hands media out through disclosed()

# Language and time ------------------------------------------------------------------------------------

USE_TZ = True
TIME_ZONE = "Asia/Shanghai"
USE_I18N = True
FORMAT_MODULE_PATH = ["config.formats"]
LANGUAGE_CODE = "zh-hans"
LANGUAGES = WAGTAIL_CONTENT_LANGUAGES = [("zh-hans", "简体中文"), ("en", "English")]
LOCALE_PATHS = [BASE_DIR / "locale"]

# Wagtail ----------------------------------------------------------------------------------------------

WAGTAIL_SITE_NAME = "清风"
WAGTAILADMIN_BASE_URL = SITE_URL
WAGTAIL_I18N_ENABLED = True
WAGTAIL_USER_TIME_ZONES = ["Asia/Shanghai", "UTC"]
WAGTAILADMIN_PERMITTED_LANGUAGES = [("zh-hans", "简体中文"), ("en", "English")]
WAGTAILSEARCH_BACKENDS = {"default": {"BACKEND": "config.admin_search", "SEARCH_CONFIG": "simple"}}
WAGTAIL_GRAVATAR_PROVIDER_URL = None
WAGTAIL_ENABLE_UPDATE_CHECK = False
WAGTAIL_ENABLE_WHATS_NEW_BANNER = False
WAGTAILADMIN_LOGIN_URL = "/accounts/login/"
# One way to set a password: ours (accounts), which also keeps the staff key in step.
WAGTAIL_PASSWORD_MANAGEMENT_ENABLED = False
WAGTAIL_PASSWORD_RESET_ENABLED = False
WAGTAILUSERS_PASSWORD_ENABLED = False
WAGTAIL_EMAIL_MANAGEMENT_ENABLED = False
WAGTAILDOCS_SERVE_METHOD = "serve_view"

# Staff accounts ---------------------------------------------------------------------------------------

LOGIN_URL = "/accounts/login/"
LOGIN_REDIRECT_URL = "/desk/"
ACCOUNT_LOGOUT_REDIRECT_URL = "/accounts/login/"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
PASSWORD_HASHERS = ["accounts.hashers.PepperedArgon2Hasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 14}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
ACCOUNT_ADAPTER = "accounts.adapter.Adapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_FORMS = {
    "login": "accounts.forms.LoginForm",
    "reauthenticate": "accounts.forms.ReauthenticateForm",
    "change_password": "accounts.forms.ChangePasswordForm",
    "reset_password_from_key": "accounts.forms.ResetPasswordKeyForm",
}
MFA_FORMS = {
    "authenticate": "accounts.forms.CodeForm",
    "reauthenticate": "accounts.forms.CodeAgainForm",
    "activate_totp": "accounts.forms.ActivateForm",
}
MFA_ADAPTER = "accounts.adapter.MFAAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = False
MFA_TOTP_TOLERANCE = 1  # a period either way (RFC 6238, 5.2): typing takes time, and clocks differ
MFA_TOTP_ISSUER = "Qingfeng"
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_USERNAME_CALLABLE = "accounts.adapter.axes_username"
AXES_CLIENT_IP_CALLABLE = "accounts.network.client_address"
AXES_RESET_ON_SUCCESS = True
AXES_LOCKOUT_CALLABLE = "accounts.views.locked_out"
AXES_DISABLE_ACCESS_LOG = True  # who came when is in the security log, without an address
PASSWORD_RESET_TIMEOUT = 24 * 3600  # an invitation; made by an administrator, never mailed

# Limits -----------------------------------------------------------------------------------------------

RATELIMIT_ENABLE = env.flag("RATELIMIT_ENABLE", True)
RATELIMIT_USE_CACHE = "default"
if PRODUCTION and not RATELIMIT_ENABLE:
    raise ImproperlyConfigured("RATELIMIT_ENABLE must be 1 in production.")
if not RATELIMIT_ENABLE:
    ACCOUNT_RATE_LIMITS: dict[str, str] | bool = False
# diskcache is atomic over processes (tried); django-ratelimit only does not know it by name.
# W019 wants X-Frame-Options DENY: the admin frames its previews; elsewhere CSP has frame-ancestors none.
SILENCED_SYSTEM_CHECKS = ["django_ratelimit.W001", "security.W019"]

# Headers, cookies -------------------------------------------------------------------------------------

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF],
        "media-src": [SELF],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "manifest-src": [SELF],
    }
}
X_FRAME_OPTIONS = "SAMEORIGIN"  # CSP says more; Wagtail's preview needs its own frame
SECURE_REFERRER_POLICY = "same-origin"  # no-referrer makes Chromium send Origin: null, which CSRF refuses
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_AGE = None
CSRF_FAILURE_VIEW = "config.errors.csrf_failure"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PRODUCTION
CSRF_TRUSTED_ORIGINS = env.words("CSRF_TRUSTED_ORIGINS")
if PRODUCTION:
    SECURE_SSL_REDIRECT = True
    SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
    SECURE_HSTS_SECONDS = 63_072_000
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
DATA_UPLOAD_MAX_MEMORY_SIZE = 8 * 2**20  # a text far too long is still told so at its field
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000

# Later work -------------------------------------------------------------------------------------------

CELERY_BROKER_URL = env.required(
    "CELERY_BROKER_URL",
    env.url("CELERY_BROKER_URL", "redis", "rediss", "amqp", "amqps"),
    production=PRODUCTION,
    what="the broker (Redis or RabbitMQ)",
)
if not CELERY_BROKER_URL:
    CELERY_BROKER_URL = "filesystem://"
    for folder in ("queue", "control"):
        (VAR_DIR / "broker" / folder).mkdir(parents=True, exist_ok=True)
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "data_folder_in": str(VAR_DIR / "broker" / "queue"),
        "data_folder_out": str(VAR_DIR / "broker" / "queue"),
        "control_folder": str(VAR_DIR / "broker" / "control"),
        "polling_interval": 0.2,
    }
else:
    # A broker that is down costs a request at most a second or two; the sweeper sends what it missed.
    CELERY_BROKER_CONNECTION_TIMEOUT = 1
    CELERY_BROKER_TRANSPORT_OPTIONS = {"max_retries": 1, "interval_start": 0, "interval_step": 0.1}
    if CELERY_BROKER_URL.startswith("redis"):
        CELERY_BROKER_TRANSPORT_OPTIONS |= {"socket_timeout": 5, "socket_connect_timeout": 1}
CELERY_TASK_PUBLISH_RETRY = False
CELERY_TASK_IGNORE_RESULT = True  # arguments are row ids; results lie in the database
CELERY_TASK_ACKS_LATE = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TIMEZONE = TIME_ZONE
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR_DIR / "beat")
CELERY_BEAT_SCHEDULER = "outbox.beat:Scheduler"
# Each round expires when the next is due: a worker that was away is not met by a heap of them.
CELERY_BEAT_SCHEDULE = {
    name: {"task": task, "schedule": seconds, "options": {"expires": seconds, "queue": queue}}
    for name, task, seconds, queue in (
        ("outbox-sweep", "outbox.tasks.sweep", 10, "celery"),
        ("outbox-sweep-vault", "outbox.tasks.sweep_vault", 10, "vault"),
        ("ledger-append", "ledger.tasks.append", 30, "celery"),
        ("ledger-checkpoint", "ledger.tasks.checkpoint", 60, "celery"),  # looks whether one is due
        ("publish-scheduled", "cms.tasks.publish_scheduled", 60, "celery"),
        ("reviews-remind", "cms.tasks.remind_of_reviews", 3600, "celery"),
        ("drafts-expire", "complaints.intake.tasks.expire_drafts", 300, "celery"),
        ("indexes-forget", "complaints.desk.tasks.forget_stale_indexes", 3600, "celery"),
        ("warnings-raise", "complaints.desk.tasks.raise_warnings", 3600, "celery"),
        ("deadlines-recompute", "complaints.desk.tasks.recompute_deadlines", 86400, "celery"),
        ("digest-send", "complaints.desk.tasks.send_digest", 86400, "celery"),
        ("figures-count", "complaints.desk.tasks.count_for_the_public", 86400, "celery"),
        ("destruction-list", "complaints.desk.tasks.list_for_destruction", 86400, "celery"),
        ("search-reconcile", "search.tasks.reconcile", 900, "celery"),
        ("identities-lapse", "complaints.desk.tasks.lapse_identity_requests", 300, "celery"),
        ("sessions-forget", "accounts.tasks.forget", 3600, "celery"),
        ("accounts-dormant", "accounts.tasks.lock_dormant", 86400, "celery"),
    )
}

EMAIL_BACKEND = env.text("EMAIL_BACKEND", "django.core.mail.backends.filebased.EmailBackend")
EMAIL_FILE_PATH = str(VAR_DIR / "mail")

# Logs -------------------------------------------------------------------------------------------------

LOG_DIR = VAR_DIR / "log"
LOG_DIR.mkdir(exist_ok=True, mode=0o700)
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"quiet": {"()": "config.logs.Redact"}},
    "formatters": {
        "plain": {"()": "config.logs.Plain", "fmt": "%(asctime)s %(levelname)s %(name)s %(message)s"}
    },
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": "plain", "filters": ["quiet"]},
        # Kept six months, apart from the application's own (Cybersecurity Law, art. 21).
        "security": {
            "class": "logging.handlers.TimedRotatingFileHandler",
            "filename": str(LOG_DIR / "security.log"),
            "when": "D",
            "backupCount": 186,
            "delay": True,
            "formatter": "plain",
            "filters": ["quiet"],
        },
    },
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {
        "security": {"handlers": ["security"], "level": "INFO", "propagate": False},
        # Its warnings carry addresses and whatever was typed as a name.
        "axes": {"handlers": ["security"], "level": "ERROR", "propagate": False},
        "django.request": {"handlers": ["console"], "level": "ERROR", "propagate": False},
        # A line for each page saved says nothing that the ledger does not.
        "django_tasks": {"level": "WARNING"},
        "wagtail": {"level": "WARNING"},
        # "No hostname was supplied": the filesystem broker has none.
        "kombu.connection": {"level": "ERROR"},
        "elastic_transport": {"level": "ERROR"},
        "elasticsearch": {"level": "ERROR"},
    },
}

# The house's own --------------------------------------------------------------------------------------

QINGFENG = {
    "place": env.text("SITE_PLACE", "云泽市"),
    "place_en": env.text("SITE_PLACE_EN", "Yunze City"),
    "exit_url": env.url("EXIT_URL", "http", "https") or "https://www.weather.com.cn/",
    "exit_name": _("天气"),
    "phone": env.text("SITE_PHONE", "0990-555 0199"),
    "demo": env.flag("DEMO", True) and not PRODUCTION,
}
UPLOAD_MAX_BYTES = env.number("UPLOAD_MAX_BYTES", 200 * 2**20)  # a file
UPLOAD_TYPES = env.words(
    "UPLOAD_TYPES"
)  # MIME types that are taken, such as image/*; none: all that are known
UPLOAD_MAX_FILES = env.number("UPLOAD_MAX_FILES", 10)  # a tip or message
UPLOAD_TIP_BYTES = env.number("UPLOAD_TIP_BYTES", 2**30)  # all files that a reporter adds to one report
UPLOAD_SITE_BYTES = env.number("UPLOAD_SITE_BYTES", 0)  # all files of the site; 0: as the disk allows
UPLOAD_FREE_BYTES = env.number("UPLOAD_FREE_BYTES", 2**28)  # of the disk that no upload may use up
# The copies made for looking at (docs/operate.md, "Attachments"): limits of the child that makes one.
CLEAN_AT_ONCE = env.number("CLEAN_AT_ONCE", 2)  # on this host
CLEAN_WAIT = 10.0  # seconds for a free one
CLEAN_MEMORY = env.number("CLEAN_MEMORY_MB", 900) * 2**20
CLEAN_SECONDS = env.number("CLEAN_SECONDS", 20)  # of its time, and of the processor's
CLEAN_OUTPUT = env.number("CLEAN_OUTPUT_MB", 300) * 2**20
CLEAN_PIXELS = env.number("CLEAN_PIXELS", 50_000_000)  # of a picture, decoded
CLEAN_PAGES = env.number("CLEAN_PAGES", 1000)  # of a PDF
CLAMD_URL = env.url("CLAMD_URL", "tcp", "unix")  # a virus scanner on this host; none where it is not set
FFMPEG = env.text("FFMPEG", "auto")  # a path; "auto": as found; "": none
BACKUP_KEEP_DAYS = env.number("BACKUP_KEEP_DAYS", 30)  # then what was destroyed is gone from backups, too
