"""What can be said of an installation by looking at its settings alone."""

import re
from collections.abc import Iterator
from ipaddress import ip_address
from urllib.parse import parse_qsl, urlsplit

from babel import Locale
from babel.numbers import is_currency
from limits import parse

from core.errors import Invalid
from core.launcher.findings import Finding, Level
from core.mail_relays import mail_relays
from core.settings import Settings

_NUMBER = re.compile(r"\+[1-9]\d{6,14}")
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
    yield _login(settings, serious)
    yield _spares(settings, serious)
    yield _stripe(settings, serious)
    yield _twilio(settings, serious)
    yield from _company(settings, serious)
    yield _programs(settings, serious)
    if settings.environment != "production" and settings.secure_cookies:
        yield Finding("warn", "Environment", f"it is {settings.environment}, which is for trying out.", (
            "Set THROUGHLINE_ENVIRONMENT to production where customers come."
        ))  # fmt: skip
    broker = settings.broker_url or settings.redis_url
    if _place(broker) == _place(settings.redis_url):
        yield Finding("warn", "Broker", "it shares a Redis database with everything else.", (
            "Set THROUGHLINE_BROKER_URL to another database of the same server, as in redis://host/1."
        ))  # fmt: skip
    else:
        yield Finding("ok", "Broker", urlsplit(broker).scheme)


def _place(url: str) -> tuple[str, str]:
    """Which database of which server a Redis URL names, however it is written."""
    parts = urlsplit(url)
    if parts.scheme == "unix":
        return parts.path, dict(parse_qsl(parts.query)).get("db", "0")
    return f"{parts.hostname}:{parts.port or 6379}", parts.path.strip("/") or "0"


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
    if _reserved(parts.hostname):
        return Finding(serious, "Public address", f"nobody else can reach {parts.hostname}.", (
            "Set THROUGHLINE_PUBLIC_URL to the address that customers type: links in mails begin with it."
        ))  # fmt: skip
    return Finding("ok", "Public address", settings.public_url)


def _reserved(host: str) -> bool:
    try:
        return not ip_address(host).is_global
    except ValueError:
        return "." not in host or host.rpartition(".")[2] in _RESERVED


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
    if _reserved(domain):
        return Finding(serious, "Sender domain", f"{domain} receives no mail.", (
            "Set THROUGHLINE_MAIL_DOMAIN to your own domain, and publish SPF, DKIM and DMARC for it."
        ))  # fmt: skip
    return Finding("ok", "Sender domain", domain)


def _senders(settings: Settings) -> Finding:
    if not settings.trusted_authserv_id and settings.check_signatures:
        return Finding("ok", "Checked senders", "by their DKIM signatures, which we check ourselves")
    if not settings.trusted_authserv_id:
        return Finding("warn", "Checked senders", "no mail server is believed: every sender stays unverified.", (
            "Set THROUGHLINE_TRUSTED_AUTHSERV_ID to the name in your mail server's Authentication-Results."
        ))  # fmt: skip
    return Finding("ok", "Checked senders", settings.trusted_authserv_id)


def _login(settings: Settings, serious: Level) -> Finding:
    what = "Mail log-in"
    if bool(settings.smtp_relay_username) != bool(settings.smtp_relay_password):
        lacks = "PASSWORD" if settings.smtp_relay_username else "USERNAME"
        return Finding(serious, what, "a name without a password, or the other way round.", (
            f"Set THROUGHLINE_SMTP_RELAY_{lacks} too, or neither."
        ))  # fmt: skip
    if (
        settings.smtp_relay_username
        and settings.smtp_relay_security == "none"
        and _far(settings.smtp_relay_host)
    ):
        return Finding(serious, what, "our password there travels unencrypted.", (
            "Set THROUGHLINE_SMTP_RELAY_SECURITY to starttls (port 587) or tls (port 465)."
        ))  # fmt: skip
    return Finding("ok", what, settings.smtp_relay_username or "without")


def _spares(settings: Settings, serious: Level) -> Finding:
    what = "Spare mail servers"
    try:
        spares = mail_relays(settings)[1:]
    except Invalid as error:
        return Finding(
            serious, what, error.message, "Mend THROUGHLINE_SMTP_SPARE_RELAYS: nothing is sent until then."
        )
    for relay in spares:
        if relay.username and relay.security == "none" and _far(relay.host):
            return Finding(serious, what, f"our password at {relay.name} travels unencrypted.", (
                "Write smtps:// or smtp+starttls:// in THROUGHLINE_SMTP_SPARE_RELAYS."
            ))  # fmt: skip
    return Finding("ok", what, ", ".join(relay.name for relay in spares) or "none")


def _far(host: str) -> bool:
    try:
        return not ip_address(host).is_loopback
    except ValueError:
        return "." in host


def _company(settings: Settings, serious: Level) -> Iterator[Finding]:
    if not is_currency(settings.currency):
        yield Finding(serious, "Currency", f"there is none called {settings.currency}.", (
            "Set THROUGHLINE_CURRENCY to three letters of ISO 4217, as in EUR."
        ))  # fmt: skip
    if settings.country not in Locale("en").territories or len(settings.country) != 2:
        yield Finding(serious, "Country", f"there is none called {settings.country}.", (
            "Set THROUGHLINE_COUNTRY to two letters of ISO 3166, as in DE."
        ))  # fmt: skip
    name = settings.company_name.strip()
    if not name or (settings.environment == "production" and name == _default("company_name")):
        yield Finding("warn", "Company", f"it is called “{name}” on pages and in mail.", (
            "Set THROUGHLINE_COMPANY_NAME to the name of your own."
        ))  # fmt: skip
    else:
        yield Finding(
            "ok", "Company", f"{name}, {settings.country}, {settings.currency}, {settings.time_zone}"
        )


def _default(name: str) -> object:
    return Settings.model_fields[name].default


def _programs(settings: Settings, serious: Level) -> Finding:
    what = "API and webhooks"
    try:
        parse(settings.api_rate)
    except ValueError:
        return Finding(serious, what, f"{settings.api_rate} is no rate: the API cannot answer.", (
            "Set THROUGHLINE_API_RATE to one, as in 600/minute."
        ))  # fmt: skip
    if settings.environment == "production" and settings.webhooks_to_private:
        return Finding("warn", what, "webhooks may go to addresses within your own network.", (
            "Unset THROUGHLINE_WEBHOOKS_TO_PRIVATE: whoever may add an endpoint could reach what lies there."
        ))  # fmt: skip
    return Finding("ok", what, f"a token may call {settings.api_rate}")


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
    if not _NUMBER.fullmatch(settings.twilio_number):
        return Finding(serious, "Twilio", f"{settings.twilio_number} is no number that texts can come from.", (
            "Set THROUGHLINE_TWILIO_NUMBER to your number with its country, as in +4989123456."
        ))  # fmt: skip
    default = _default("twilio_number")
    if settings.environment == "production" and (
        settings.twilio_number == default or settings.twilio_api_base
    ):
        return Finding("warn", "Twilio", "the number is the demo's, or the API has another address.", (
            "Set THROUGHLINE_TWILIO_NUMBER to your number and unset THROUGHLINE_TWILIO_API_BASE."
        ))  # fmt: skip
    return Finding("ok", "Twilio", f"account and token are set, texts come from {settings.twilio_number}")
