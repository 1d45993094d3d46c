"""In which language a browser is answered: what the address asks for, else what the browser prefers."""

from functools import lru_cache

from core.rendering import LANGUAGES


def asked(language: str) -> str:
    """The language that an address itself asks for, as the links between languages do; empty for none of ours."""
    return language if language in LANGUAGES else ""


@lru_cache(256)
def preferred(accepted: str) -> str:
    """The first of our languages in what a browser accepts (Accept-Language), in its order; English without one."""
    for part in accepted.split(","):
        language = part.split(";")[0].strip().lower()[:2]
        if language in LANGUAGES:
            return language
    return "en"
