"""PostgreSQL and Redis from wheels, for `throughline up` and the tests."""

from core.embedded.children import StartError
from core.embedded.postgres import EmbeddedPostgres
from core.embedded.redis import EmbeddedRedis

__all__ = ["EmbeddedPostgres", "EmbeddedRedis", "StartError"]
