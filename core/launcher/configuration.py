"""What can be said of an installation by looking at its settings alone."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from core.launcher.findings import Finding, Level
from core.settings import Settings

_RESERVED = ("test", "example", "invalid", "localhost", "local")


def about_settings(settings: Settings) -> Iterator[Finding]:
    """What can be said of settings by looking at them."""
    serious: Level = "fail" if settings.environment == "production" else "warn"
    secret = settings.secret_key.get_secret_value()
    if len(set(secret)) < 12 or "change" in secret.lower():
        yield Finding(serious, "Secret key", "it can be guessed.", (
            "Set THROUGHLINE_SECRET_KEY to what `python3 -c 'import secrets; print(secrets.token_urlsafe(48))'` prints."
        ))  # fmt: skip
    else:
        yield Finding("ok", "Secret key", f"{len(secret)} characters")
    yield _public_url(settings, serious)
    yield _proxies(settings, serious)
    yield _domain(settings, serious)
    yield _senders(settings)
    yield _stripe(settings, serious)
    yield _twilio(settings, serious)
    broker = settings.broker_url or settings.redis_url
    if broker == settings.redis_url:
        yield Finding("warn", "Broker", "it shares a Redis database with everything else.", (
            "Set THROUGHLINE_BROKER_URL to another database of the same server, as in redis://host/1."
        ))  # fmt: skip
    else:
        yield Finding("ok", "Broker", urlsplit(broker).scheme)


def _public_url(settings: Settings, serious: Level) -> Finding:
    parts = urlsplit(settings.public_url)
    if parts.path.strip() or not parts.hostname:
        return Finding(serious, "Public address", f"{settings.public_url} has a path, or no host.", (
            "Set THROUGHLINE_PUBLIC_URL to scheme and host alone, as in https://shop.example.com."
        ))  # fmt: skip
    if parts.scheme != "https":
        return Finding(serious, "Public address", f"{settings.public_url} is not encrypted: sign-ins can be read.", (
            "Put a TLS front before the site and set THROUGHLINE_PUBLIC_URL to https://…."
        ))  # fmt: skip
    return Finding("ok", "Public address", settings.public_url)


def _proxies(settings: Settings, serious: Level) -> Finding:
    what = "TLS front"
    if any(network.prefixlen == 0 for network in settings.proxies):
        return Finding(serious, what, "everybody is believed about where a request comes from.", (
            "Set THROUGHLINE_TRUSTED_PROXIES to the network of the front alone."
        ))  # fmt: skip
    if settings.secure_cookies and not settings.proxies:
        return Finding("warn", what, "none is named, so all visitors look like one, and share its limits.", (
            "Set THROUGHLINE_TRUSTED_PROXIES to the address or network of the front."
        ))  # fmt: skip
    return Finding("ok", what, settings.trusted_proxies or "none, the site is reached directly")


def _domain(settings: Settings, serious: Level) -> Finding:
    domain = settings.mail_domain.lower()
    if "." not in domain or domain.rpartition(".")[2] in _RESERVED:
        return Finding(serious, "Sender domain", f"{domain} receives no mail.", (
            "Set THROUGHLINE_MAIL_DOMAIN to your own domain, and publish SPF, DKIM and DMARC for it."
        ))  # fmt: skip
    return Finding("ok", "Sender domain", domain)


def _senders(settings: Settings) -> Finding:
    if not settings.trusted_authserv_id:
        return Finding("warn", "Checked senders", "no mail server is believed: every sender stays unverified.", (
            "Set THROUGHLINE_TRUSTED_AUTHSERV_ID to the name in your mail server's Authentication-Results."
        ))  # fmt: skip
    return Finding("ok", "Checked senders", settings.trusted_authserv_id)


def _stripe(settings: Settings, serious: Level) -> Finding:
    key = settings.stripe_api_key.get_secret_value()
    if not key.startswith(("sk_", "rk_")):
        return Finding(serious, "Stripe", "the API key is none of Stripe's secret keys.", (
            "Set THROUGHLINE_STRIPE_API_KEY to the secret key (sk_live_…) of your account."
        ))  # fmt: skip
    if not settings.stripe_webhook_secret.get_secret_value().startswith("whsec_"):
        return Finding(serious, "Stripe", "the webhook's secret is none: payments would never be told.", (
            "Set THROUGHLINE_STRIPE_WEBHOOK_SECRET to the signing secret (whsec_…) of the webhook /webhooks/stripe."
        ))  # fmt: skip
    if settings.environment == "production" and (settings.stripe_api_base or "_test_" in key):
        return Finding("warn", "Stripe", "no real money moves: a test key, or another address of the API.", (
            "Set THROUGHLINE_STRIPE_API_KEY to sk_live_… and unset THROUGHLINE_STRIPE_API_BASE."
        ))  # fmt: skip
    return Finding("ok", "Stripe", "API key and webhook secret are set")


def _twilio(settings: Settings, serious: Level) -> Finding:
    sid, token = settings.twilio_account_sid, settings.twilio_auth_token.get_secret_value()
    if not (sid.startswith("AC") and len(sid) == 34) or len(token) < 32:
        return Finding(serious, "Twilio", "the account's SID or token is not one.", (
            "Copy THROUGHLINE_TWILIO_ACCOUNT_SID (AC…) and THROUGHLINE_TWILIO_AUTH_TOKEN from Twilio's console."
        ))  # fmt: skip
    default = Settings.model_fields["twilio_number"].default
    if settings.environment == "production" and (
        settings.twilio_number == default or settings.twilio_api_base
    ):
        return Finding("warn", "Twilio", "the number is the demo's, or the API has another address.", (
            "Set THROUGHLINE_TWILIO_NUMBER to your number and unset THROUGHLINE_TWILIO_API_BASE."
        ))  # fmt: skip
    return Finding("ok", "Twilio", f"account and token are set, texts come from {settings.twilio_number}")
