"""Files: who may have one is sent to a link that works for a few minutes, and that only ever downloads.

The link may stand on an origin of its own (`files_url`), to which no cookie of the site is ever sent.
"""

from urllib.parse import quote, urlsplit
from uuid import UUID

from itsdangerous import BadSignature, URLSafeTimedSerializer
from litestar import Response, get
from litestar.di import NamedDependency
from litestar.enums import ScopeType
from litestar.params import FromPath
from litestar.response import Redirect
from litestar.response.base import ASGIResponse
from litestar.types import ASGIApp, Receive, Scope, Send

from channels import files
from channels.base import Kept
from channels.models import Attachment
from core.database import Database
from core.errors import NotFound
from core.rendering import gettext as _
from core.settings import Settings
from core.storage import Storage
from portal.guards import anyone

# Seconds: as long as a browser needs to follow, and somebody to choose where to save it.
LASTS = 300
POLICY = "default-src 'none'; sandbox"


def offer(file: tuple[Attachment, Kept], settings: Settings) -> Redirect:
    """The way to a file for somebody who may have it. Raises what `channels.files.check` does."""
    attachment, kept = file
    files.check(kept, settings)
    origin = (settings.files_url or "").rstrip("/")
    return Redirect(f"{origin}/files/{_signer(settings).dumps(attachment.id.hex)}", status_code=303)


class Elsewhere:
    """On the origin of files there are files and nothing else, and on the site's no file where it has its own."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app = app
        self.host = urlsplit(settings.files_url or "").netloc.lower().encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self.host and scope["type"] == ScopeType.HTTP:
            host = next((value for name, value in scope["headers"] if name == b"host"), b"")
            if (host.lower() == self.host) != scope["path"].startswith("/files/"):
                response = ASGIResponse(
                    body=b"There is nothing here.", status_code=404, media_type="text/plain"
                )
                await response(scope, receive, send)
                return
        await self.app(scope, receive, send)


@get("/files/{token:str}", guards=[anyone], exclude_from_csrf=True)
async def save(
    token: FromPath[str],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    storage: NamedDependency[Storage | None],
) -> Response[bytes]:
    """A file, for whoever has a fresh link to it: to be saved, never opened as a page of ours."""
    try:
        attachment_id = UUID(_signer(settings).loads(token, max_age=LASTS))
    except (BadSignature, ValueError):
        raise NotFound(
            _("This link has run out. Go back to the message and choose the file again.")
        ) from None
    async with database.statements() as session:
        attachment, kept = await files.of_attachment(session, attachment_id, whole=True)
    files.check(kept, settings)
    content = await files.read(kept, storage)
    return Response(content, media_type="application/octet-stream", headers=_headers(attachment.filename))


def _headers(filename: str) -> dict[str, str]:
    name = "".join(sign for sign in filename if sign.isprintable() and sign not in '"\\/')
    encoded = quote(name or "file", safe="")
    plain = name.encode("ascii", "replace").decode().replace("?", "_") or "file"
    return {
        "content-disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{encoded}",
        "content-security-policy": POLICY,
        "cache-control": "private, no-store",
        "referrer-policy": "no-referrer",
        "cross-origin-resource-policy": "same-site",
    }


def _signer(settings: Settings) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(settings.secret_key.get_secret_value(), salt="file")


handlers = [save]
