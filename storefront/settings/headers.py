"""What browsers may do with our pages. docs/operations.md says what to change when, and why."""

from typing import Any
from urllib.parse import urlsplit

import environ
from csp.constants import NONE, SELF, UNSAFE_INLINE

env = environ.Env()


def origin(address: str) -> str:
    """The scheme, host and port of an address."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"


# Players of the video block (storefront/pages/blocks/media.py): asked for when one is started.
PLAYERS = ["https://player.bilibili.com", "https://v.qq.com"]
# Forms are sent to this site alone. Browsers also check where their answers lead: signing in with
# a campus account begins with a form here and goes on at the campus's server.
FORM_ACTIONS = [SELF, *env.list("CSP_FORM_ACTION", default=[])]
if _issuer := env("CAMPUS_OIDC_ISSUER", default=""):
    FORM_ACTIONS.append(origin(_issuer))
# The style in templates/500.html, which must look right when nothing else of ours answers.
ERROR_PAGE_STYLE = "'sha256-g0S2d2QIICClW8tqaI8APZWU11R2/enBmV/lTDldl3Q='"

CONTENT_SECURITY_POLICY: dict[str, Any] = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "style-src": [SELF, ERROR_PAGE_STYLE],
        "frame-src": [SELF, *PLAYERS],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": FORM_ACTIONS,
        # Wagtail shows previews, and the mailbox of one desk its mails, in frames of this site.
        "frame-ancestors": [SELF],
    }
}
# In place of the above on Wagtail's own pages under /cms/: Wagtail 8 writes the set-up of its date
# fields and rows into its pages, its editor styles what it shows, and pictures are shown before
# they are uploaded.
WAGTAIL_CONTENT_SECURITY_POLICY: dict[str, Any] = {
    "script-src": [SELF, UNSAFE_INLINE],
    "style-src": [SELF, UNSAFE_INLINE],
    "img-src": [SELF, "data:", "blob:"],
}
# In place of the above where staff word messages: the preview of a mail has the mail's own style.
MAIL_PREVIEW_CONTENT_SECURITY_POLICY: dict[str, Any] = {"style-src": [SELF, UNSAFE_INLINE]}


def payment_policy(script: str) -> dict[str, list[str]]:
    """In addition on the card form alone, by the address of the payment service's script.

    Stripe's addresses: https://docs.stripe.com/security/guide. A sandbox has one for all.
    """
    home = origin(script)
    if home != "https://js.stripe.com":
        return {"script-src": [SELF, home], "frame-src": [home], "connect-src": [SELF, home]}
    scripts = [home, "https://*.js.stripe.com"]
    return {
        "script-src": [SELF, *scripts],
        "frame-src": [*scripts, "https://hooks.stripe.com"],
        "connect-src": [SELF, "https://api.stripe.com"],
    }


PAYMENT_CONTENT_SECURITY_POLICY = payment_policy(
    env("STRIPE_JS_URL", default="https://js.stripe.com/v3/")
)

# In addition in live rooms, where the event stream or the video has an address of its own.
LIVE_CONTENT_SECURITY_POLICY: dict[str, Any] = {}
_video = env("LIVE_VIDEO_URL", default="")
_others = [
    origin(address)
    for address in (env("LIVE_EVENTS_URL", default="/"), _video)
    if address.startswith("http")
]
if _others:
    LIVE_CONTENT_SECURITY_POLICY["connect-src"] = [SELF, *_others]
if _video:
    # hls.js feeds the picture to the browser as a blob; Safari fetches it by itself.
    LIVE_CONTENT_SECURITY_POLICY["media-src"] = [SELF, "blob:", *_others]

# What no page of ours asks for; autoplay and the full screen stay with the players' frames.
PERMISSIONS_POLICY = ", ".join(
    f"{feature}=()"
    for feature in (
        "accelerometer",
        "camera",
        "display-capture",
        "geolocation",
        "gyroscope",
        "magnetometer",
        "microphone",
        "midi",
        "serial",
        "usb",
    )
)
# Where somebody read is told to nobody else, and no window of another site reaches into ours.
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
