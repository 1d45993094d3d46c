"""What search engines are told of a page: its one address, and where the same page speaks other languages."""

from urllib.parse import urlencode

from core.rendering import LANGUAGES

# Pages that are somebody's own, or that only lead on.
FOR_PEOPLE_ALONE = (
    "/account", "/cart", "/checkout", "/chat", "/desk", "/l/", "/orders/", "/pay/", "/preferences/",
    "/search", "/sign-in", "/u/", "/webhooks/",
)  # fmt: skip
LANGUAGE = "lang"


def addresses(host: str, path: str, page: str, language: str) -> tuple[str, list[tuple[str, str]]]:
    """The address a public page is known by, and (language, address) of its other tongues; empty for private pages.

    `page` is the number within a long list, as asked for; `language` the one asked for by the address, or "".
    """
    if path.startswith(FOR_PEOPLE_ALONE):
        return "", []
    number = {"page": page} if page.isdecimal() and page not in ("0", "1") else {}

    def address(code: str) -> str:
        asked = urlencode({**number, **({LANGUAGE: code} if code else {})})
        return f"{host.rstrip('/')}{path}{f'?{asked}' if asked else ''}"

    others = [(code, address(code)) for code in LANGUAGES]
    return address(language if language in LANGUAGES else ""), [*others, ("x-default", address(""))]
