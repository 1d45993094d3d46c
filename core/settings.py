"""Settings, read from the environment (prefix THROUGHLINE_)."""

from functools import cache
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Everything a process needs to know; secrets have no defaults, `throughline up` makes them for the demo."""

    model_config = SettingsConfigDict(env_prefix="THROUGHLINE_", extra="ignore")

    environment: Literal["embedded", "production", "test"] = "production"
    home: Path = Path(".throughline")
    host: str = "127.0.0.1"
    port: int = 8000
    smtp_host: str = "127.0.0.1"
    smtp_port: int = 2525
    sandbox_port: int = 8025
    public_url: str = "http://127.0.0.1:8000"
    trusted_proxies: str = Field(
        default="",
        description="networks of the TLS front, 10.0.0.0/8,127.0.0.1: only its X-Forwarded-For is believed",
    )

    database_url: str = Field(description="postgresql+asyncpg://…")
    redis_url: str = Field(description="redis://… or unix://…, database 0: nudges, rate limits")
    broker_url: str | None = Field(default=None, description="redis:// (a database of its own) or amqp://")
    secret_key: SecretStr = Field(min_length=32, description="signs links, tokens and cookies")

    company_name: str = "Halden Coffee Works"
    currency: str = "EUR"
    country: str = "DE"
    time_zone: str = Field(
        default="Europe/Berlin", description="the company's: where its days begin and end, as the desk counts them"
    )

    mail_domain: str = "halden.test"
    smtp_relay_host: str = "127.0.0.1"
    smtp_relay_port: int = 25
    smtp_relay_username: str | None = None
    smtp_relay_password: SecretStr | None = None
    smtp_relay_security: Literal["none", "starttls", "tls"] = "none"
    trusted_authserv_id: str | None = Field(
        default=None,
        description="the authserv-id of the relay in front of our listener, whose Authentication-Results we believe",
    )

    stripe_api_key: SecretStr
    stripe_webhook_secret: SecretStr = Field(min_length=1)
    stripe_api_base: str | None = None

    api_rate: str = Field(default="600/minute", description="how often a token may call the API")

    twilio_account_sid: str
    twilio_auth_token: SecretStr = Field(min_length=1)
    twilio_api_base: str | None = None
    twilio_number: str = "+4930555010"

    @field_validator("trusted_proxies")
    @classmethod
    def _networks(cls, given: str) -> str:
        for part in given.split(","):
            if part.strip():
                ip_network(part.strip())
        return given

    @field_validator("time_zone")
    @classmethod
    def _zone(cls, given: str) -> str:
        ZoneInfo(given)
        return given

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    @property
    def proxies(self) -> tuple[IPv4Network | IPv6Network, ...]:
        """The networks of `trusted_proxies`."""
        return tuple(ip_network(part.strip()) for part in self.trusted_proxies.split(",") if part.strip())

    @property
    def support_address(self) -> str:
        return f"support@{self.mail_domain}"

    @property
    def shop_address(self) -> str:
        return f"shop@{self.mail_domain}"

    @property
    def secure_cookies(self) -> bool:
        return self.public_url.startswith("https://")


@cache
def settings() -> Settings:
    """The process's settings, read once; raises pydantic's ValidationError naming what is missing."""
    return Settings()  # type: ignore[call-arg]  # filled from the environment
