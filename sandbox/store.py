"""The sandbox's memory: one SQLite file, written by the event loop, read by page threads."""

import asyncio
import json
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

SCHEMA = """
CREATE TABLE IF NOT EXISTS mail (
    id INTEGER PRIMARY KEY, mail_from TEXT NOT NULL, recipients TEXT NOT NULL, received_at REAL NOT NULL,
    raw BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS mail_recipient (
    address TEXT NOT NULL, mail_id INTEGER NOT NULL, PRIMARY KEY (address, mail_id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS mail_written (
    id INTEGER PRIMARY KEY, sender TEXT NOT NULL, recipient TEXT NOT NULL, subject TEXT NOT NULL,
    message_id TEXT NOT NULL, sent_at REAL NOT NULL);
CREATE TABLE IF NOT EXISTS text_message (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, sid TEXT NOT NULL UNIQUE, direction TEXT NOT NULL,
    sender TEXT NOT NULL, recipient TEXT NOT NULL, body TEXT NOT NULL, service_sid TEXT,
    outcome TEXT NOT NULL, created_at REAL NOT NULL);
CREATE INDEX IF NOT EXISTS text_message_recipient ON text_message (recipient, seq);
CREATE INDEX IF NOT EXISTS text_message_sender ON text_message (sender, seq);
CREATE TABLE IF NOT EXISTS opt_out (number TEXT NOT NULL, sender TEXT NOT NULL, PRIMARY KEY (number, sender));
CREATE TABLE IF NOT EXISTS card_object (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, data TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS card_object_kind ON card_object (kind, seq);
CREATE INDEX IF NOT EXISTS card_object_intent ON card_object (json_extract(data, '$.payment_intent'));
CREATE TABLE IF NOT EXISTS idempotency (
    key TEXT PRIMARY KEY, fingerprint TEXT NOT NULL, status INTEGER NOT NULL, body TEXT NOT NULL,
    created_at REAL NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS webhook (
    id INTEGER PRIMARY KEY AUTOINCREMENT, stand_in TEXT NOT NULL, about TEXT NOT NULL, grp TEXT NOT NULL,
    url TEXT NOT NULL, body TEXT NOT NULL, state TEXT NOT NULL, due_at REAL NOT NULL,
    created_at REAL NOT NULL, attempts INTEGER NOT NULL DEFAULT 0, last_answer TEXT NOT NULL DEFAULT '');
CREATE INDEX IF NOT EXISTS webhook_due ON webhook (state, due_at);
CREATE TABLE IF NOT EXISTS setting (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
"""

Row = dict[str, Any]


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    connection.row_factory = lambda cursor, row: dict(
        zip((column[0] for column in cursor.description), row, strict=True)
    )
    # Killing the process loses nothing: the system's page cache outlives it.
    connection.executescript(
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF; PRAGMA cache_size=-4000; PRAGMA busy_timeout=5000;"
    )
    return connection


class Store:
    """Every write happens at once on the event loop; `reading` runs slow questions beside it."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / "sandbox.sqlite3"
        self._writer = _connect(self._path)
        self._writer.executescript(SCHEMA)
        self._reader = _connect(self._path)
        self._reader_free = asyncio.Lock()

    def execute(self, sql: str, parameters: Sequence[Any] = ()) -> int:
        """Run one statement; the new row's id after an INSERT."""
        return self._writer.execute(sql, parameters).lastrowid or 0

    def execute_many(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        self._writer.executemany(sql, rows)

    def begin(self) -> None:
        self._writer.execute("BEGIN")

    def commit(self) -> None:
        self._writer.execute("COMMIT")

    def all(self, sql: str, parameters: Sequence[Any] = ()) -> list[Row]:
        return list(self._writer.execute(sql, parameters))

    def one(self, sql: str, parameters: Sequence[Any] = ()) -> Row | None:
        row: Row | None = self._writer.execute(sql, parameters).fetchone()
        return row

    async def reading[T](self, question: Callable[["Reader"], T]) -> T:
        """What `question` answers, asked in a thread on a second connection: no mail waits for a page."""
        async with self._reader_free:
            return await asyncio.to_thread(question, Reader(self._reader))

    def setting(self, name: str) -> Any:
        row = self.one("SELECT value FROM setting WHERE name = ?", (name,))
        return json.loads(row["value"]) if row else None

    def keep_setting(self, name: str, value: Any) -> None:
        self.execute("INSERT OR REPLACE INTO setting VALUES (?, ?)", (name, json.dumps(value)))

    def close(self) -> None:
        self._reader.close()
        self._writer.close()


class Reader:
    """A read-only view for questions that may take long."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def each(self, sql: str, parameters: Sequence[Any] = ()) -> Iterator[Row]:
        return iter(self._connection.execute(sql, parameters))

    def all(self, sql: str, parameters: Sequence[Any] = ()) -> list[Row]:
        return list(self._connection.execute(sql, parameters))

    def one(self, sql: str, parameters: Sequence[Any] = ()) -> Row | None:
        row: Row | None = self._connection.execute(sql, parameters).fetchone()
        return row


def now() -> float:
    return time.time()
