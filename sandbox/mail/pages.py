"""Mailboxes as pages, and as JSON for tests."""

import asyncio
import base64
import binascii
import re
from typing import Any
from urllib.parse import quote

from aiohttp import web

from sandbox.mail import mailboxes
from sandbox.mail.compose import CannotSendError, Draft, compose, compose_bounce, reply_to, submit
from sandbox.mail.mailboxes import Mailboxes, Part, ReadMail
from sandbox.serving import Pages, bad_request, read_json
from sandbox.settings import Settings
from sandbox.store import Reader, Row, Store, now

HTML_CSP = (
    "default-src 'none'; img-src http: https: data: blob:; style-src 'unsafe-inline'; font-src data: https:;"
    " media-src http: https:; sandbox allow-popups allow-popups-to-escape-sandbox"
)
PICTURES = {"image/png", "image/jpeg", "image/gif", "image/webp"}


class MailPages:
    """Routes under /mail and /api/mail."""

    def __init__(self, store: Store, boxes: Mailboxes, settings: Settings, pages: Pages) -> None:
        self._store = store
        self._boxes = boxes
        self._settings = settings
        self._pages = pages

    def add_routes(self, app: web.Application) -> None:
        app.add_routes(
            [
                web.get("/mail", self.index),
                web.get("/mail/write", self.write),
                web.post("/mail/write", self.send),
                web.get("/mail/message/{id:\\d{1,15}}", self.message),
                web.get("/mail/message/{id:\\d{1,15}}/html", self.html),
                web.get("/mail/message/{id:\\d{1,15}}/raw", self.raw),
                web.get("/mail/message/{id:\\d{1,15}}/parts/{part:\\d{1,15}}", self.part),
                web.post("/mail/message/{id:\\d{1,15}}/bounce", self.bounce),
                web.get("/mail/{address}", self.mailbox),
                web.get("/api/mail", self.api_list),
                web.delete("/api/mail", self.api_clear),
                web.get("/api/mail/counts", self.api_counts),
                web.post("/api/mail/write", self.api_write),
                web.post("/api/mail/{id:\\d{1,15}}/bounce", self.api_bounce),
                web.get("/api/mail/{id:\\d{1,15}}/raw", self.raw),
            ]
        )

    async def index(self, request: web.Request) -> web.Response:
        search = request.query.get("q", "").strip()
        boxes = await self._store.reading(lambda reader: mailboxes.list_mailboxes(reader, search))
        return self._pages.show("mail.html", boxes=boxes, search=search)

    async def mailbox(self, request: web.Request) -> web.Response:
        address = request.match_info["address"]

        def ask(reader: Reader) -> list[Row]:
            rows = mailboxes.list_mail(reader, address, 100)
            for row in rows:
                read = mailboxes.parse(row.pop("raw"))
                row |= {"subject": read.subject, "sender": read.header("From"), "first": _first_line(read)}
            return rows

        mails = await self._store.reading(ask)
        written = self._store.all(
            "SELECT * FROM mail_written WHERE sender = ? ORDER BY id DESC LIMIT 20", (address.lower(),)
        )
        return self._pages.show(
            "mailbox.html", address=address, mails=mails, written=written, sent="sent" in request.query
        )

    async def _find(self, request: web.Request) -> Row:
        number = int(request.match_info["id"])

        row = await self._store.reading(lambda reader: mailboxes.find_mail(reader, number))
        if row is None:
            raise web.HTTPNotFound(text="There is no such mail: it was cleared, or never came.")
        return row

    async def message(self, request: web.Request) -> web.Response:
        row = await self._find(request)
        recipients = row["recipients"].split("\n")
        read = mailboxes.parse(row["raw"])
        address = request.query.get("as") or recipients[0]
        return self._pages.show(
            "message.html",
            mail=row,
            read=read,
            recipients=recipients,
            address=address,
            draft=reply_to(read.headers, address),
            bounced="bounced" in request.query,
            error="",
            raw=row["raw"][:200_000].decode("utf-8", "replace"),
        )

    async def html(self, request: web.Request) -> web.Response:
        row = await self._find(request)
        read = mailboxes.parse(row["raw"])
        page = _with_pictures(read.html, row["id"], read.parts)
        base = '<base target="_blank"><meta name="referrer" content="no-referrer">'
        headers = {"Content-Security-Policy": HTML_CSP, "X-Content-Type-Options": "nosniff"}
        return web.Response(text=base + page, content_type="text/html", headers=headers)

    async def raw(self, request: web.Request) -> web.Response:
        row = await self._find(request)
        return web.Response(body=row["raw"], content_type="text/plain", charset="utf-8")

    async def part(self, request: web.Request) -> web.Response:
        row = await self._find(request)
        parts = mailboxes.parse(row["raw"]).parts
        number = int(request.match_info["part"])
        if number >= len(parts):
            raise web.HTTPNotFound(text="This mail has no such part.")
        part = parts[number]
        picture = "inline" in request.query and part.content_type in PICTURES
        headers = {
            "Content-Disposition": "inline"
            if picture
            else f"attachment; filename*=UTF-8''{quote(part.filename)}",
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "Content-Type": part.content_type if picture else "application/octet-stream",
        }
        return web.Response(body=part.content, headers=headers)

    async def write(self, request: web.Request) -> web.Response:
        draft = Draft(
            sender=request.query.get("from", ""),
            recipient=request.query.get("to", self._settings.company_mail),
        )
        return self._pages.show("write.html", draft=draft, error="")

    async def send(self, request: web.Request) -> web.Response:
        form = await request.post()

        def text(name: str) -> str:
            value = form.get(name, "")
            return value if isinstance(value, str) else ""

        draft = Draft(
            sender=text("from").strip(),
            recipient=text("to").strip(),
            subject=text("subject"),
            text=text("body"),
            in_reply_to=text("in_reply_to"),
            references=text("references"),
            forged=text("forged") == "on",
        )
        for upload in form.getall("attachments", []):
            if isinstance(upload, web.FileField) and upload.filename:
                draft.attachments.append((upload.filename, upload.content_type, upload.file.read()))
        try:
            await self._send(draft)
        except CannotSendError as error:
            return self._pages.show("write.html", status=422, draft=draft, error=str(error))
        raise web.HTTPSeeOther(f"/mail/{quote(_address(draft.sender), safe='')}?sent=1")

    async def _bounce(self, row: Row) -> None:
        if "@" not in row["mail_from"]:
            raise CannotSendError("This mail has no envelope sender, so nobody can be told that it bounced.")
        recipient = row["recipients"].split("\n")[0]
        content = compose_bounce(row["raw"], row["mail_from"], recipient, self._settings)
        await asyncio.to_thread(submit, self._settings, "", row["mail_from"], content)

    async def bounce(self, request: web.Request) -> web.Response:
        row = await self._find(request)
        try:
            await self._bounce(row)
        except CannotSendError as error:
            return web.Response(status=422, text=str(error))
        raise web.HTTPSeeOther(f"/mail/message/{row['id']}?bounced=1")

    async def api_bounce(self, request: web.Request) -> web.Response:
        try:
            await self._bounce(await self._find(request))
        except CannotSendError as error:
            return bad_request(str(error))
        return web.json_response({"bounced": True}, status=201)

    async def _send(self, draft: Draft) -> str:
        sender, recipient, message_id, content = compose(draft, self._settings)
        await asyncio.to_thread(submit, self._settings, sender, recipient, content)
        self._store.execute(
            "INSERT INTO mail_written (sender, recipient, subject, message_id, sent_at)"
            " VALUES (?, ?, ?, ?, ?)",
            (sender.lower(), recipient, draft.subject, message_id, now()),
        )
        return message_id

    async def api_list(self, request: web.Request) -> web.Response:
        address = request.query.get("to")
        limit = _limit(request)

        def ask(reader: Reader) -> list[dict[str, Any]]:
            rows = mailboxes.list_mail(reader, address, limit)
            return [mailboxes.as_json(row) for row in rows]

        return web.json_response(await self._store.reading(ask))

    async def api_counts(self, request: web.Request) -> web.Response:
        prefix = request.query.get("prefix", "")
        return web.json_response(
            await self._store.reading(lambda reader: mailboxes.count_mailboxes(reader, prefix))
        )

    async def api_clear(self, request: web.Request) -> web.Response:
        self._boxes.clear()
        return web.Response(status=204)

    async def api_write(self, request: web.Request) -> web.Response:
        asked = await read_json(request)
        known = ("from", "to", "subject", "text", "html", "in_reply_to", "references")
        try:
            sender, to, subject, text, html, reply, references = (
                str(asked.get(name) or "") for name in known
            )
            draft = Draft(sender, to, subject, text, html, reply, references, bool(asked.get("forged")))
            draft.headers = {str(name): str(value) for name, value in (asked.get("headers") or {}).items()}
            for each in asked.get("attachments") or []:
                content = base64.b64decode(each["content"], validate=True)
                draft.attachments.append((each["filename"], each["content_type"], content))
            return web.json_response({"message_id": await self._send(draft)}, status=201)
        except CannotSendError as error:
            return bad_request(str(error))
        except (AttributeError, KeyError, TypeError, binascii.Error):
            return bad_request(
                "Headers are an object; an attachment needs filename, content_type and content (base64)."
            )


def _limit(request: web.Request) -> int:
    text = request.query.get("limit", "50")
    return min(int(text), 10_000) if text.isdecimal() else 50


def _address(text: str) -> str:
    return text.rpartition("<")[2].rstrip(">").strip().lower()


def _first_line(read: ReadMail) -> str:
    text = read.text or re.sub(r"<style.*?</style>|<[^>]*>", " ", read.html, flags=re.DOTALL | re.IGNORECASE)
    return " ".join(text.split())[:140]


def _with_pictures(page: str, mail: int, parts: list[Part]) -> str:
    for number, part in enumerate(parts):
        if part.content_id:
            page = page.replace(f"cid:{part.content_id}", f"/mail/message/{mail}/parts/{number}?inline")
    return page
