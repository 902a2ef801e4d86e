"""Django settings of the observer.

| variable | default | meaning |
|---|---|---|
| ``CV_DATA_DIR`` | ``var/`` in the repository | database, signing key, histories, collected static files |
| ``DATABASE_URL`` | SQLite in the data directory | PostgreSQL or SQLite by URL |
| ``REDIS_URL`` | none | the server that runs are played on; without it pages work and nothing can be started |
| ``REDIS_RUNS_URL`` | none | a Redis Cluster for the keys of runs, each on one shard |
| ``SECRET_KEY`` | made once in the data directory | signs sessions |
| ``ALLOWED_HOSTS`` | loopback | comma-separated host names under which the pages are reached |
| ``CV_HTTPS`` | off | a proxy here serves TLS: cookies are marked secure, and it is believed who the client is |
| ``CV_PUBLIC_URL`` | what the browser uses | where phones reach the pages: what a room's QR code says |
| ``CV_HISTORIES_DAYS`` | keep all | histories of runs that ended longer ago are deleted |
| ``CV_HISTORIES_MB`` | keep all | of more than this together, the oldest are deleted |
| ``CV_LIVE_SLOTS`` | 3 | so many live runs of experiments are played at a time, 1 to 3 |
| ``CV_TRACING`` | off | live runs are exported as OpenTelemetry traces when they end (extra ``tracing``) |
| ``CV_LOG_FORMAT`` | ``line`` | ``json``: one object a line, for what collects logs |
| ``DEBUG`` | off | Django's debug pages |
"""

from __future__ import annotations

from pathlib import Path

from csp.constants import NONE, SELF, UNSAFE_EVAL, UNSAFE_INLINE

from consistency_viz.experiments.site import environment
from consistency_viz.experiments.site.admin_look import UNFOLD as UNFOLD
from consistency_viz.experiments.site.logs import FORMATS, logging_config

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = environment.data_dir("CV_DATA_DIR", BASE_DIR / "var")
HISTORIES_DIR = DATA_DIR / "histories"

DEBUG = environment.boolean("DEBUG", default=False)
SECRET_KEY = environment.secret_key("SECRET_KEY", DATA_DIR)
ALLOWED_HOSTS = environment.hosts("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
REDIS_URL = environment.redis_url("REDIS_URL")
REDIS_RUNS_URL = environment.runs_url("REDIS_RUNS_URL")
HTTPS = environment.boolean("CV_HTTPS", default=False)
TRACING = environment.boolean("CV_TRACING", default=False)
HISTORIES_DAYS = environment.number("CV_HISTORIES_DAYS")
LIVE_SLOTS = environment.number("CV_LIVE_SLOTS")
HISTORIES_MB = environment.number("CV_HISTORIES_MB")
PUBLIC_URL = environment.web_url("CV_PUBLIC_URL")

INSTALLED_APPS = [
    "unfold",  # before the admin, whose templates it replaces
    "unfold.contrib.import_export",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.sessions",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "csp",
    "channels",
    "consistency_viz.experiments",
    "consistency_viz.live",
    "consistency_viz.rooms",
    "consistency_viz.lab",
    "import_export",  # after ours: it has a command called export, too
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "consistency_viz.experiments.site.policies.PagePolicies",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "consistency_viz.urls"
ASGI_APPLICATION = "consistency_viz.asgi.application"
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
                "consistency_viz.experiments.commands.context",
            ],
        },
    },
]

# --- storage -----------------------------------------------------------------------------------------------------

DATABASES = {"default": environment.database("DATABASE_URL", DATA_DIR)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
CHANNEL_LAYERS = {"default": environment.channel_layer(REDIS_URL)}

# --- static files ------------------------------------------------------------------------------------------------

STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STATIC_ROOT.mkdir(exist_ok=True)
STATICFILES_DIRS = [BASE_DIR / "static"]
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "consistency_viz.experiments.site.plotly_finder.PlotlyFinder",
]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": str(DATA_DIR)}},
    "staticfiles": {"BACKEND": "consistency_viz.experiments.site.static_storage.HashedStorage"},
}
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG

# --- what a browser may do, and what may be sent to us -----------------------------------------------------------

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "connect-src": [SELF],
        # Plotly would add a style element at run time; our pages bring those rules in a file (static/css/charts.css).
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    },
}
# The admin's own: Alpine.js, which django-unfold is built on, evaluates the expressions in its templates and writes
# style attributes. Inline scripts stay forbidden there too, and nothing is loaded from elsewhere.
ADMIN_POLICY = {"script-src": [SELF, UNSAFE_EVAL], "style-src": [SELF, UNSAFE_INLINE]}
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_NAME = "cv_session"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = HTTPS
SESSION_COOKIE_AGE = 12 * 3600
CSRF_COOKIE_NAME = "cv_csrf"
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Strict"
CSRF_COOKIE_SECURE = HTTPS
CSRF_FAILURE_VIEW = "consistency_viz.experiments.errors.csrf_failure"
DATA_UPLOAD_MAX_MEMORY_SIZE = 64 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 100
DATA_UPLOAD_MAX_NUMBER_FILES = 1
REQUEST_BODY_MAX = 64 * 1024
API_RATE = "600/minute"
IMPORT_EXPORT_EXPORT_PERMISSION_CODE = "view"  # without it every member of the staff may export
IMPORT_EXPORT_ESCAPE_FORMULAE_ON_EXPORT = True  # titles and notes are strangers' text, and spreadsheets compute

USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en-gb"
USE_I18N = False
FORMAT_MODULE_PATH = "consistency_viz.experiments.site.formats"

LOGGING = logging_config(
    environment.choice("CV_LOG_FORMAT", FORMATS),
    {"consistency_viz": "INFO", "django": "WARNING", "django.request": "ERROR"},
)
