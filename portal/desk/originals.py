"""One e-mail of a thread, looked into: its own HTML, its pictures, its head, what became of it."""

import asyncio
from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.datastructures import FormMultiDict
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from channels import files
from core.database import Database
from core.errors import NotFound
from core.rendering import gettext as _
from core.rendering import moment
from core.settings import Settings
from core.storage import Storage
from portal import frames
from portal.desk.inbox import AGENT
from portal.rendering import page
from portal.threads import PICTURES, SHOWN_SMALL
from portal.visits import Visit
from support import forwards, originals, pictures, threads

PLACE = "/desk/inbox/{conversation_id:uuid}/messages/{message_id:uuid}"
# What a picture begins with; what a mail says of its type proves nothing.
_SIGNS = {b"\x89PNG\r\n": "image/png", b"\xff\xd8\xff": "image/jpeg", b"GIF8": "image/gif"}
_POLICY = "default-src 'none'; sandbox"


@get(f"{PLACE}/html", guards=[AGENT])
async def show_html(
    conversation_id: FromPath[UUID],
    message_id: FromPath[UUID],
    database: NamedDependency[Database],
    shown: FromQuery[bool] = False,
) -> Response[Any]:
    """The HTML of a mail, cleaned, for the frame that it stands in."""
    async with database.statements() as session:
        message = await threads.letter(session, conversation_id, message_id)
        enclosed = await forwards.enclosed(session, message_id)
        remote = shown or await pictures.welcome(session, message)
    inline = {
        file.content_id: f"/desk/inbox/{conversation_id}/attachments/{file.id}/picture"
        for file in enclosed
        if file.content_id and file.content_type in PICTURES
    }
    # Beside the loop: what was written to be costly takes a second or two.
    return await asyncio.to_thread(
        frames.frame, message.html or "", message.subject, inline=inline, remote=remote
    )


@get("/desk/inbox/{conversation_id:uuid}/attachments/{attachment_id:uuid}/picture", guards=[AGENT])
async def show_picture(
    conversation_id: FromPath[UUID],
    attachment_id: FromPath[UUID],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
    storage: NamedDependency[Storage | None],
) -> Response[bytes]:
    """A file of a message as a picture: only what begins as one does, and never as a page."""
    async with database.statements() as session:
        attachment, _kept = await threads.file(session, conversation_id, attachment_id)
        if attachment.size > SHOWN_SMALL:
            raise NotFound(_("That picture is too large to be shown here."))
        _attachment, kept = await files.of_attachment(session, attachment_id, whole=True)
    files.check(kept, settings)
    content = await files.read(kept, storage)
    kind = next((kind for sign, kind in _SIGNS.items() if content.startswith(sign)), None)
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        kind = "image/webp"
    if kind is None:
        raise NotFound(_("That file is not a picture."))
    return Response(
        content,
        media_type=kind,
        headers={
            "content-security-policy": _POLICY,
            "content-disposition": "inline",
            "cross-origin-resource-policy": "same-origin",
            "cache-control": "private, max-age=3600",
        },
    )


@get(f"{PLACE}/source", guards=[AGENT])
async def show_source(
    conversation_id: FromPath[UUID], message_id: FromPath[UUID], database: NamedDependency[Database]
) -> Response[Any]:
    """Who it went to, what its head says, each try to deliver it, and the way to its bytes."""
    async with database.statements() as session:
        message = await threads.letter(session, conversation_id, message_id)
        enclosed = await forwards.enclosed(session, message_id)
        attempts = await originals.attempts(session, message_id)
        raw = await originals.raw(session, message)
    inbound = message.direction == "inbound"
    facts = [
        (_("From"), f"{message.sender_name} <{message.sender}>" if message.sender_name else message.sender),
        (_("To"), ", ".join(message.recipients.get("to", ()))),
        (_("Cc"), ", ".join(message.recipients.get("cc", ()))),
        (_("Bcc"), ", ".join(message.recipients.get("bcc", ()))),
        (_("Subject"), message.subject),
        (_("Written"), moment(message.written_at) if message.written_at else ""),
        (_("Received") if inbound else _("Queued"), moment(message.created_at)),
        (_("Sent"), moment(message.sent_at) if message.sent_at else ""),
        (_("Message-ID"), message.rfc_message_id or ""),
        (_("Our address"), message.account),
        (_("Sender"), (_("proven") if message.verified else _("not proven")) if inbound else ""),
    ]
    context = {
        "conversation_id": conversation_id,
        "message": message,
        "facts": [(name, value) for name, value in facts if value],
        "files": [(file.filename, file.content_type, file.size) for file in enclosed],
        "attempts": attempts,
        "head": originals.head(raw),
        "raw": f"/desk/inbox/{conversation_id}/messages/{message_id}/raw" if raw is not None else "",
    }
    return page("desk/inbox/source.html", context)


@get(f"{PLACE}/raw", guards=[AGENT])
async def save_raw(
    conversation_id: FromPath[UUID],
    message_id: FromPath[UUID],
    database: NamedDependency[Database],
    settings: NamedDependency[Settings],
) -> Response[bytes]:
    """A mail byte for byte as it came, to be saved; not while one of its files is given to nobody."""
    async with database.statements() as session:
        message = await threads.letter(session, conversation_id, message_id)
        await files.check_all(session, message.id, settings)
        raw = await originals.raw(session, message)
    if raw is None:
        raise NotFound(_("There is no original of this message."))
    return Response(
        raw,
        media_type="application/octet-stream",
        headers={
            "content-disposition": f'attachment; filename="{message_id}.eml"',
            "content-security-policy": _POLICY,
        },
    )


@post(f"{PLACE}/pictures", guards=[AGENT])
async def change_pictures(
    conversation_id: FromPath[UUID],
    message_id: FromPath[UUID],
    request: Request[Any, Any, Any],
    visit: NamedDependency[Visit],
    database: NamedDependency[Database],
) -> Response[Any]:
    """Show the pictures of this sender's mails from now on, or ask again each time."""
    form: FormMultiDict = await request.form()
    async with database.transaction() as session:
        message = await threads.letter(session, conversation_id, message_id)
        if form.get("forbid"):
            await pictures.forbid(session, message.sender)
        else:
            await pictures.allow(session, message.sender, visit.colleague.id)
    return Redirect(f"/desk/inbox/{conversation_id}#message-{message_id}", status_code=303)


handlers = [show_html, show_picture, show_source, save_raw, change_pictures]
