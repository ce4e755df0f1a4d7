"""Settings shared by every place the site runs. Secrets and addresses come from the environment."""

from pathlib import Path

import environ
from oscar.defaults import *  # noqa: F403  Oscar's documented way to get its defaults

from .headers import *  # noqa: F403
from .schedule import CELERY_BEAT_SCHEDULE  # noqa: F401  Celery reads it here

env = environ.Env()
BASE_DIR = Path(__file__).resolve().parent.parent.parent

SECRET_KEY = env("SECRET_KEY", default="")
DEBUG = False
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=[])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
SITE_ID = 1
# The address printed in mails and used for Stripe's return page.
SITE_URL = env("SITE_URL", default="http://localhost:8000").rstrip("/")
# Each installation is one university's: its name stands before the system's.
UNIVERSITY_NAME = env("UNIVERSITY_NAME", default="")
# Whether `manage.py load_demo` may make accounts whose password everyone knows.
DEMO_ALLOWED = False

INSTALLED_APPS = [
    "storefront",
    "storefront.accounts",
    "storefront.pages",
    "storefront.pictures",
    "storefront.shop",
    "storefront.listing",
    "storefront.search",
    "storefront.checkout",
    "storefront.discounts",
    "storefront.payments",
    "storefront.aftersales",
    "storefront.aftersales.cases",
    "storefront.notifications",
    "storefront.books",
    "storefront.impact",
    "storefront.reviews",
    "storefront.wishes",
    "storefront.speed",
    "livestream.campaigns",
    "livestream.sessions",
    "livestream.offers",
    "livestream.room",
    "livestream.video",
    "livestream.platforms",
    "cooperatives.households",
    "cooperatives.routing",
    "cooperatives.ledger",
    "cooperatives.settlement",
    "cooperatives.portal",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.sites",
    "django.contrib.flatpages",
    "django.contrib.humanize",
    "django.contrib.postgres",
    "oscar.config.Shop",
    "oscar.apps.analytics.apps.AnalyticsConfig",
    "oscar.apps.checkout.apps.CheckoutConfig",
    "oscar.apps.address.apps.AddressConfig",
    "oscar.apps.shipping.apps.ShippingConfig",
    "catalog.apps.CatalogConfig",
    "oscar.apps.catalogue.reviews.apps.CatalogueReviewsConfig",
    "oscar.apps.communication.apps.CommunicationConfig",
    "cooperatives.partner.apps.PartnerConfig",
    "oscar.apps.basket.apps.BasketConfig",
    "oscar.apps.payment.apps.PaymentConfig",
    "oscar.apps.offer.apps.OfferConfig",
    "storefront.order.apps.OrderConfig",
    "oscar.apps.customer.apps.CustomerConfig",
    "oscar.apps.search.apps.SearchConfig",
    "oscar.apps.voucher.apps.VoucherConfig",
    "oscar.apps.wishlists.apps.WishlistsConfig",
    "oscar.apps.dashboard.apps.DashboardConfig",
    "oscar.apps.dashboard.reports.apps.ReportsDashboardConfig",
    "oscar.apps.dashboard.users.apps.UsersDashboardConfig",
    "oscar.apps.dashboard.orders.apps.OrdersDashboardConfig",
    "oscar.apps.dashboard.catalogue.apps.CatalogueDashboardConfig",
    "oscar.apps.dashboard.offers.apps.OffersDashboardConfig",
    "oscar.apps.dashboard.partners.apps.PartnersDashboardConfig",
    "oscar.apps.dashboard.pages.apps.PagesDashboardConfig",
    "oscar.apps.dashboard.ranges.apps.RangesDashboardConfig",
    "oscar.apps.dashboard.reviews.apps.ReviewsDashboardConfig",
    "oscar.apps.dashboard.vouchers.apps.VouchersDashboardConfig",
    "oscar.apps.dashboard.communications.apps.CommunicationsDashboardConfig",
    "oscar.apps.dashboard.shipping.apps.ShippingDashboardConfig",
    "widget_tweaks",
    "django_htmx",
    "haystack",
    "treebeard",
    "sorl.thumbnail",
    "django_tables2",
    "wagtail.contrib.redirects",
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
    # Second step and campus sign-in (ADR 0016). None of allauth's own pages are mounted.
    "allauth",
    "allauth.account",
    "allauth.socialaccount",
    "allauth.mfa",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "storefront.headers.PolicyHeaders",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "storefront.pages.middleware.LanguageInAddress",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "storefront.speed.middleware.KeptPages",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "storefront.accounts.middleware.SecondStep",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "storefront.shop.middleware.BasketMiddleware",
    "wagtail.contrib.redirects.middleware.RedirectMiddleware",
]

ROOT_URLCONF = "storefront.urls"
WSGI_APPLICATION = "storefront.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "storefront.shop.context_processors.site",
                "storefront.look.context_processors.look",
                "storefront.speed.context_processors.own",
            ],
        },
    },
]

# Two database roles from the first day (ADR 0002): servers run as the application's role, which
# may not change or delete a posting; migrations run as the tables' owner.
_database_url = "DATABASE_OWNER_URL" if env("SHANHUO_DB_ROLE", default="app") == "owner" else ""
DATABASES = {
    "default": env.db_url(
        _database_url if _database_url in env.ENVIRON else "DATABASE_URL",
        default="postgres://localhost/shanhuo",
    )
}
DATABASES["default"]["CONN_MAX_AGE"] = env.int("CONN_MAX_AGE", default=60)
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
# The role that grant_roles gives the application's rights to.
DATABASE_APP_ROLE = env.db_url("DATABASE_URL", default="postgres://shanhuo_app@/x")["USER"]

REDIS_URL = env("REDIS_URL", default="redis://localhost:6379/0")
CACHES = {
    "default": {"BACKEND": "storefront.cache.ForgivingRedis", "LOCATION": REDIS_URL},
    # Public pages that processes share: they do without rather than wait.
    "pages": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "OPTIONS": {"socket_timeout": 0.25, "socket_connect_timeout": 0.25},
    },
    # Share cards that were drawn: files of this machine, the oldest thrown away.
    "cards": {
        "BACKEND": "django.core.cache.backends.filebased.FileBasedCache",
        "LOCATION": env("CARD_CACHE", default=str(BASE_DIR / "var" / "cache" / "cards")),
        "TIMEOUT": 7 * 24 * 3600,
        "OPTIONS": {"MAX_ENTRIES": 500},
    },
}
# Public pages are kept as they were rendered until something they show changes (ADR 0017), in so
# much memory of each web process.
KEEP_PAGES = env.bool("KEEP_PAGES", default=True)
KEPT_PAGES_MEGABYTES = env.int("KEPT_PAGES_MEGABYTES", default=64)
# The font of share cards: the folder of NotoSansHans-Regular.otf and NotoSansHans-Bold.otf.
CARD_FONTS = env(
    "CARD_FONTS",
    default=str(BASE_DIR / "assets" / "node_modules" / "@embedpdf" / "fonts-sc" / "fonts"),
)

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "storefront.accounts.backends.EmailOrPhoneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 9},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "accounts:login"
LOGIN_REDIRECT_URL = "accounts:after-login"
LOGOUT_REDIRECT_URL = "/"
# Wagtail's own sign-in pages give way to ours.
WAGTAILADMIN_LOGIN_URL = WAGTAIL_FRONTEND_LOGIN_URL = LOGIN_URL

# Whether staff need a second step to sign in (a code of an app): "required" or "off". Whoever has
# one set up is asked for it in any case.
STAFF_SECOND_FACTOR = env("STAFF_SECOND_FACTOR", default="off")
# What encrypts the secrets of the second step; empty: SECRET_KEY. Never lose it.
SECOND_FACTOR_KEY = env("SECOND_FACTOR_KEY", default="")

# Sign-in with campus accounts by OpenID Connect; without an issuer there is none.
CAMPUS_OIDC_ISSUER = env("CAMPUS_OIDC_ISSUER", default="")
CAMPUS_OIDC_CLIENT_ID = env("CAMPUS_OIDC_CLIENT_ID", default="")
CAMPUS_OIDC_SECRET = env("CAMPUS_OIDC_SECRET", default="")
# What the button calls it, such as the university's name.
CAMPUS_OIDC_NAME = env("CAMPUS_OIDC_NAME", default="") or UNIVERSITY_NAME
# The claim that names the person's unit (college, department); empty: none does.
CAMPUS_OIDC_UNIT_CLAIM = env("CAMPUS_OIDC_UNIT_CLAIM", default="")
# Domains of e-mail addresses that may sign in so; empty: all.
CAMPUS_OIDC_DOMAINS = env.list("CAMPUS_OIDC_DOMAINS", default=[])

# allauth keeps the tables and speaks OpenID Connect; pages, accounts and sessions are ours.
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
SOCIALACCOUNT_ADAPTER = "storefront.accounts.campus_adapter.CampusSignIn"
SOCIALACCOUNT_REQUESTS_TIMEOUT = 8
MFA_ADAPTER = "storefront.accounts.second_factor.Secrets"

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "简体中文"), ("en", "English")]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Asia/Shanghai"

STATIC_URL = "/static/"
STATIC_ROOT = Path(env("STATIC_ROOT", default=str(BASE_DIR / "var" / "static")))
STATICFILES_DIRS = [BASE_DIR / "assets" / "dist"]
MEDIA_URL = "/media/"
MEDIA_ROOT = Path(env("MEDIA_ROOT", default=str(BASE_DIR / "var" / "media")))
# On real servers the front server or the object store hands out uploads, not Python.
SERVE_MEDIA = False
# Pictures of buyers' cases: handed out by Python alone, to who may see the case.
PRIVATE_ROOT = Path(env("PRIVATE_ROOT", default=f"{MEDIA_ROOT}-private"))
PRIVATE_STORAGE = {
    "BACKEND": "django.core.files.storage.FileSystemStorage",
    "OPTIONS": {"location": PRIVATE_ROOT, "base_url": None},
}
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "private": PRIVATE_STORAGE,
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
# Oscar's migrations were made with AutoField; our own apps say BigAutoField in their config.
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"

_mail = env.email_url("EMAIL_URL", default="consolemail://")
vars().update(_mail)
DEFAULT_FROM_EMAIL = env("DEFAULT_FROM_EMAIL", default="shop@localhost")
# A mail server that hangs must let a worker go before another claims the message.
EMAIL_TIMEOUT = 20
OSCAR_FROM_EMAIL = DEFAULT_FROM_EMAIL
if _mail["EMAIL_BACKEND"] == "django.core.mail.backends.filebased.EmailBackend":
    # filemail:// keeps each mail as the file that SMTP would have carried.
    EMAIL_BACKEND = "storefront.notifications.mailbox.MailboxBackend"
# How messages leave: {channel: a class with send(message, said)}. A channel that is not named is
# not offered to buyers. LogChannel keeps the text for staff to copy; put a provider's here.
MESSAGE_CHANNELS = {
    "mail": "storefront.notifications.channels.MailChannel",
    "sms": "storefront.notifications.channels.LogChannel",
    "wechat": "storefront.notifications.channels.LogChannel",
}
# /dev/mailbox/ shows to everybody what was sent: one desk alone.
MAILBOX = False
# Working days until a refund shows at the buyer's bank; Stripe says 5 to 10.
REFUND_ARRIVAL_DAYS = 10

# How many days what is kept of people; the privacy notice shows this table, and a task of every
# night goes by it. Contacts of orders: three years (E-commerce Law of the PRC, art. 31).
RETENTION_DAYS = {
    "codes": 1,
    "sessions": 1,
    "baskets": 60,
    "payments": 90,
    "messages": 365,
    "contacts": 3 * 365,
    "reminders": 2 * 365,
    # Live sessions with what was said in them: three years at least, a leap day among them.
    "chat": 3 * 365 + 1,
    # Files of other platforms' orders that nobody imported; those imported go at once.
    "exports": 30,
}
# What other parts of the site keep about a person, for the copy of their data:
# {name: a function that gives plain values of a user}. What hangs on an account with CASCADE goes
# with it by itself.
PERSONAL_DATA: dict[str, str] = {
    "chat": "livestream.room.chat.chat_data",
    "favourites": "storefront.wishes.selectors.favourites_data",
    "reminders": "storefront.wishes.selectors.reminders_data",
    "reviews": "storefront.reviews.selectors.reviews_data",
    "second_step": "storefront.accounts.second_factor.second_step_data",
    "campus_accounts": "storefront.accounts.campus.campus_data",
}
# Functions that give the files (FieldFile) of a user that go into that copy.
PERSONAL_FILES = ["storefront.reviews.selectors.review_files"]

SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SECURE_CONTENT_TYPE_NOSNIFF = True
X_FRAME_OPTIONS = "SAMEORIGIN"
# How many proxies in front of us write X-Forwarded-For: the rate limits count the address
# that the outermost of them saw. 0 = none.
TRUSTED_PROXIES = env.int("TRUSTED_PROXIES", default=0)
RATELIMIT_IP_META_KEY = "storefront.accounts.addresses.client_address"
# Where viewers of a live room listen: the processes of storefront.asgi. By itself a path of this
# site, which the front server leads there; where there is none, their own address.
LIVE_EVENTS_URL = env("LIVE_EVENTS_URL", default="/live-events/")
# Our own video, where there is a media server (docs/operations.md): where hosts send it to, where
# it is played, where nginx-rtmp leads it to under its public name, and the secret that the media
# server shows. Without the secret nobody can send.
LIVE_RTMP_URL = env("LIVE_RTMP_URL", default="")
LIVE_VIDEO_URL = env("LIVE_VIDEO_URL", default="")
LIVE_RTMP_INSIDE = env("LIVE_RTMP_INSIDE", default="rtmp://127.0.0.1/live")
LIVE_INGEST_SECRET = env("LIVE_INGEST_SECRET", default="")
# The folder of `recordings`, which the media server writes, and `replays`, which it serves; empty:
# nothing is kept.
LIVE_VIDEO_FOLDER = env("LIVE_VIDEO_FOLDER", default="")

# Oscar
OSCAR_SHOP_NAME = "山货集"
OSCAR_SHOP_TAGLINE = ""
OSCAR_DEFAULT_CURRENCY = "CNY"
OSCAR_SLUG_ALLOW_UNICODE = True
OSCAR_ALLOW_ANON_CHECKOUT = True
OSCAR_INITIAL_ORDER_STATUS = "paid"
OSCAR_INITIAL_LINE_STATUS = "paid"
OSCAR_ORDER_STATUS_PIPELINE: dict = {}
OSCAR_REQUIRED_ADDRESS_FIELDS = ("first_name", "line1", "state", "line4")
# Load the search's dictionaries with the web server, not at the first search.
SEARCH_PRELOAD = env.bool("SEARCH_PRELOAD", default=False)
# Oscar wants one; ours is storefront.search, in the database.
HAYSTACK_CONNECTIONS = {"default": {"ENGINE": "haystack.backends.simple_backend.SimpleEngine"}}

# Wagtail
WAGTAIL_SITE_NAME = "山货集"
WAGTAILADMIN_BASE_URL = SITE_URL
WAGTAIL_CONTENT_LANGUAGES = LANGUAGES
WAGTAILSEARCH_BACKENDS = {"default": {"BACKEND": "wagtail.search.backends.database"}}
# Pictures: what may be uploaded. SVG is not among them: it can carry scripts.
WAGTAILIMAGES_EXTENSIONS = ["avif", "jpg", "jpeg", "png", "webp"]
WAGTAILIMAGES_MAX_UPLOAD_SIZE = 12 * 1024 * 1024
WAGTAILIMAGES_MAX_IMAGE_PIXELS = 60_000_000
WAGTAILIMAGES_IMAGE_FORM_BASE = "storefront.pictures.forms.ImageForm"
WAGTAILIMAGES_AVIF_QUALITY = 60
WAGTAILIMAGES_WEBP_QUALITY = 78
WAGTAILDOCS_EXTENSIONS = ["pdf", "docx", "xlsx", "csv", "mp4", "webm"]
WAGTAILDOCS_SERVE_METHOD = "serve_view"
# The admin's pages ask nobody else: no portraits by mail address, no look for newer versions.
WAGTAIL_GRAVATAR_PROVIDER_URL = None
WAGTAIL_ENABLE_UPDATE_CHECK = False
WAGTAIL_ENABLE_WHATS_NEW_BANNER = False

# Stripe: sandbox, test and live mode differ in these five values alone.
STRIPE_API_KEY = env("STRIPE_API_KEY", default="")
STRIPE_API_BASE = env("STRIPE_API_BASE", default="https://api.stripe.com")
STRIPE_PUBLISHABLE_KEY = env("STRIPE_PUBLISHABLE_KEY", default="")
STRIPE_WEBHOOK_SECRET = env("STRIPE_WEBHOOK_SECRET", default="")
STRIPE_JS_URL = env("STRIPE_JS_URL", default="https://js.stripe.com/v3/")
STRIPE_TIMEOUT_SECONDS = env.int("STRIPE_TIMEOUT_SECONDS", default=20)

# The chain (DESIGN §4, §6)
RESERVATION_MINUTES = 15
# Members may pay by bank transfer where this says to which account; empty: nobody may.
OFFLINE_PAYMENT_INSTRUCTIONS = env("OFFLINE_PAYMENT_INSTRUCTIONS", default="").replace("\\n", "\n")
OFFLINE_DAYS = 3
OFFLINE_MOST_OPEN = 2
RELEASE_SHIPPED_AFTER_DAYS = 15
ATTRIBUTION_DAYS = 7
# Cases: hours until an answer is due; days that a buyer has to answer, and to have staff look at
# a decision; how many claims of a buyer are paid without a person in 30 days.
CASE_HOURS = 48
CASE_ANSWER_DAYS = 7
CASE_ESCALATE_DAYS = 7
CLAIMS_PAID_AT_ONCE = 3
# Who bears a lost dispute, unless staff say otherwise in its case: cooperative, programme, carrier.
DISPUTE_BEARER = "programme"
# A file that shifts the clock of every process, for tests and demos. Empty: real time.
CLOCK_FILE = env("SHANHUO_CLOCK_FILE", default="")

# Celery
CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_TIME_LIMIT = 300
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 900}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TIMEZONE = TIME_ZONE
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 1, "interval_start": 0.1}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["console"], "level": env("LOG_LEVEL", default="INFO")},
    "loggers": {"stripe": {"level": "WARNING"}, "oscar": {"level": "WARNING"}},
}
