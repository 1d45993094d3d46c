"""Settings, read from the environment (prefix THROUGHLINE_)."""

from base64 import b64decode
from functools import cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from core import hours as opening


class Settings(BaseSettings):
    """Everything a process needs to know; secrets have no defaults, `throughline up` makes them for the demo."""

    model_config = SettingsConfigDict(env_prefix="THROUGHLINE_", extra="ignore")

    environment: Literal["embedded", "production", "test"] = Field(
        default="production", description="`embedded` is what `make run` sets: the demo company may be loaded"
    )
    home: Path = Field(
        default=Path(".throughline"),
        description="the folder that holds everything of `make run`: data, logs, secrets",
    )
    host: str = Field(default="127.0.0.1", description="the address on which the site and the desk listen")
    port: int = Field(default=8000, description="the port of the site and the desk")
    smtp_host: str = Field(
        default="127.0.0.1", description="the address on which `throughline listen` takes mail"
    )
    smtp_port: int = Field(default=2525, description="its port; let your mail server hand mail on to it")
    lmtp_port: int | None = Field(
        default=None,
        ge=1,
        le=65535,
        description="a port on which it speaks LMTP as well, for a Postfix that delivers to us; empty turns it off",
    )
    imap_accounts: SecretStr | None = Field(
        default=None,
        description="folders to fetch mail from besides, with blanks between:"
        " imaps://user:password@host/INBOX?mailbox=support@example.com, or imap+starttls://…",
    )
    sandbox_port: int = Field(default=8025, description="the sandbox, in `make run` only")
    public_url: str = Field(
        default="http://127.0.0.1:8000",
        description="how browsers reach the site, without a slash at the end: every link in a mail begins with it",
    )
    trusted_proxies: str = Field(
        default="",
        description="networks of the TLS front, 10.0.0.0/8,127.0.0.1: only its X-Forwarded-For is believed",
    )

    metrics_port: int | None = Field(
        default=None,
        ge=1,
        le=65532,
        description="figures for Prometheus: web serves them here, relay, worker and listen on the three ports above;"
        " empty turns them off",
    )
    metrics_host: str = Field(
        default="127.0.0.1", description="the address of these ports; never one that the outside reaches"
    )

    kept_pages: int = Field(
        default=32,
        ge=0,
        description="how many MiB of ready-made pages of the store a web process keeps for strangers; 0 keeps none",
    )

    database_url: str = Field(description="PostgreSQL 18: postgresql+asyncpg://user:password@host/database")
    redis_url: str = Field(description="Redis or Valkey, redis://host/0 or unix://…: nudges, rate limits")
    broker_url: str | None = Field(
        default=None,
        description="what carries jobs to workers: redis://host/1 (a database of its own) or amqp://…",
    )
    secret_key: SecretStr = Field(min_length=32, description="signs links, tokens and cookies")

    company_name: str = Field(
        default="Halden Coffee Works",
        description="how the company is called on pages, in mail and on documents",
    )
    currency: str = Field(default="EUR", description="the currency of prices and figures, ISO 4217")
    country: str = Field(
        default="DE", description="the home country, ISO 3166: what shipping and checkout begin with"
    )
    time_zone: str = Field(
        default="Europe/Berlin",
        description="the company's: where its days begin and end, as the desk counts them",
    )
    opening_hours: str = Field(
        default="Mon-Fri 09:00-17:00",
        description="when people answer, in that time zone: Mon-Fri 09:00-12:00 13:00-17:00, Sat 10:00-14:00; told"
        " before somebody writes, and what tickets promise is counted in it; empty: that runs day and night",
    )
    public_holidays: str = Field(
        default="",
        description="the country, or a part of it, on whose public holidays nobody answers: DE, DE-BY, HU, BR-SP",
    )
    closed_on: str = Field(
        default="",
        description="more days on which nobody answers, every year or once: 12-24, 12-31, 2027-05-14",
    )

    mail_domain: str = Field(
        default="halden.test",
        description="the domain of our addresses: support@, shop@ and the addresses that answers come back to",
    )
    smtp_relay_host: str = Field(default="127.0.0.1", description="the mail server that takes what we send")
    smtp_relay_port: int = Field(default=25, description="its port")
    smtp_relay_username: str | None = Field(
        default=None, description="who we are there; without it we do not log in"
    )
    smtp_relay_password: SecretStr | None = Field(default=None, description="our password there")
    smtp_relay_security: Literal["none", "starttls", "tls"] = Field(
        default="none", description="how the connection to it is encrypted"
    )
    smtp_spare_relays: SecretStr | None = Field(
        default=None,
        description="mail servers that take what we send while that one does not, in their order, with blanks"
        " between: smtp+starttls://user:password@host:587, smtps://… or smtp://host:25",
    )
    dkim_keys: str = Field(
        default="",
        description="private keys (PEM, RSA or Ed25519) that sign what we send, each under its name in the DNS:"
        " s1._domainkey.example.com=/run/secrets/s1.pem,s2._domainkey.…; a domain may have several",
    )
    trusted_authserv_id: str | None = Field(
        default=None,
        description="the authserv-id of the relay in front of our listener, whose Authentication-Results we believe",
    )

    trusted_relays: str = Field(
        default="",
        description="networks of the mail servers in front of our listener, 192.0.2.10/32,10.0.0.0/8: what any other"
        " says of senders is not believed; empty: all addresses that are not of the internet",
    )

    check_signatures: bool = Field(
        default=True,
        description="check the DKIM signatures of mail ourselves, and DMARC, where no relay that we believe says"
        " anything of them; this asks the DNS for the keys",
    )
    name_server: str = Field(
        default="",
        description="the name server that is asked about mail, 192.0.2.1 or 192.0.2.1:5353; empty asks the machine's",
    )

    mailgun_signing_key: SecretStr | None = Field(
        default=None,
        description="Mailgun's HTTP webhook signing key: routes may forward mail to /webhooks/mailgun then; empty"
        " closes that door",
    )
    sendgrid_public_key: str | None = Field(
        default=None,
        description="the public key of Twilio SendGrid's Inbound Parse (signature verification on, posted to"
        " /webhooks/sendgrid); empty closes that door",
    )

    file_storage: str = Field(
        default="",
        description="where files that people send are kept: a folder (/srv/files; every process must have it), or"
        " s3://bucket/prefix; empty keeps them in the database",
    )
    s3_endpoint: str | None = Field(
        default=None, description="the address of an S3-compatible storage; empty for Amazon's own"
    )
    s3_region: str = Field(default="us-east-1", description="its region")
    s3_access_key_id: str | None = Field(
        default=None, description="who we are there; without it, what the machine itself may do counts"
    )
    s3_secret_access_key: SecretStr | None = Field(default=None, description="our key there")
    files_url: str | None = Field(
        default=None,
        description="another origin for downloads, https://files.example.net: no cookie of the site is ever sent to"
        " it; empty uses the site's own",
    )
    clamd: str = Field(
        default="",
        description="a virus scanner, clamd, as host:port or the path of its socket: files are checked before"
        " anybody can save them or they leave us; empty turns it off",
    )

    stripe_api_key: SecretStr = Field(description="the secret key of the Stripe account")
    stripe_webhook_secret: SecretStr = Field(
        min_length=1, description="the signing secret of the webhook at /webhooks/stripe"
    )
    stripe_api_base: str | None = Field(
        default=None, description="another address of the API; leave it empty to use Stripe itself"
    )

    api_rate: str = Field(default="600/minute", description="how often a token may call the API")
    webhooks_to_private: bool = Field(
        default=False,
        description="let webhooks go to addresses within your own network, and over plain http: for trying them out",
    )

    twilio_account_sid: str = Field(description="the Twilio account")
    twilio_auth_token: SecretStr = Field(
        min_length=1, description="its token: it opens the API and checks the webhook at /webhooks/twilio"
    )
    twilio_api_base: str | None = Field(
        default=None, description="another address of the API; leave it empty to use Twilio itself"
    )
    twilio_number: str = Field(
        default="+4930555010", description="the number that our text messages come from"
    )

    @field_validator("trusted_proxies", "trusted_relays")
    @classmethod
    def _name_networks(cls, given: str) -> str:
        _networks(given)
        return given

    @field_validator("name_server")
    @classmethod
    def _server(cls, given: str) -> str:
        host, _, port = given.rpartition(":") if given.count(":") == 1 else (given, "", "53")
        if given:
            ip_address(host)
            if not 0 < int(port) < 65536:
                raise ValueError("that is no port")
        return given

    @field_validator("sendgrid_public_key")
    @classmethod
    def _p256(cls, given: str | None) -> str | None:
        # What RFC 5480 puts before a point of the curve P-256.
        beginning = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d03010703420004")
        try:
            key = b64decode(given or "", validate=True)
        except ValueError:
            key = b"?"
        if key and not (key.startswith(beginning) and len(key) == 91):
            raise ValueError("it is not the public key that SendGrid shows: base64, beginning with MFkwEwYH")
        return given

    @field_validator("time_zone")
    @classmethod
    def _zone(cls, given: str) -> str:
        try:
            ZoneInfo(given)
        except KeyError:
            raise ValueError(f"there is no time zone called {given}") from None
        return given

    @field_validator("opening_hours")
    @classmethod
    def _hours(cls, given: str) -> str:
        opening.parse(given, ZoneInfo("UTC"))
        return given

    @field_validator("public_holidays")
    @classmethod
    def _place(cls, given: str) -> str:
        opening.parse_closed(given, "")
        return given

    @field_validator("closed_on")
    @classmethod
    def _days(cls, given: str) -> str:
        opening.parse_closed("", given)
        return given

    @property
    def hours(self) -> opening.Hours:
        closed = opening.parse_closed(self.public_holidays, self.closed_on)
        return opening.parse(self.opening_hours, self.zone, closed)

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    @property
    def proxies(self) -> tuple[IPv4Network | IPv6Network, ...]:
        """The networks of `trusted_proxies`."""
        return _networks(self.trusted_proxies)

    @property
    def relays_in_front(self) -> tuple[IPv4Network | IPv6Network, ...]:
        """The networks of `trusted_relays`."""
        return _networks(self.trusted_relays)

    @property
    def support_address(self) -> str:
        return f"support@{self.mail_domain}"

    @property
    def shop_address(self) -> str:
        return f"shop@{self.mail_domain}"

    @property
    def secure_cookies(self) -> bool:
        return self.public_url.startswith("https://")


def _networks(named: str) -> tuple[IPv4Network | IPv6Network, ...]:
    return tuple(ip_network(part.strip()) for part in named.split(",") if part.strip())


@cache
def settings() -> Settings:
    """The process's settings, read once; raises pydantic's ValidationError naming what is missing."""
    return Settings()  # type: ignore[call-arg]  # filled from the environment
