"""What is composed is, byte for byte, what the standard library writes."""

from datetime import UTC, datetime
from email import policy
from email.generator import BytesGenerator
from email.header import Header
from email.message import Message, MIMEPart
from email.utils import format_datetime
from io import BytesIO
from types import SimpleNamespace
from uuid import uuid4

from hypothesis import given
from hypothesis import strategies as st

from channels.adapters.email.compose import compose
from channels.base import Submission

SETTINGS = SimpleNamespace(company_name="Halden Coffee Works")
AT = datetime(2026, 11, 22, 3, 4, 5, 678, tzinfo=UTC)
SEVEN_BIT = 900

words = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=300)
ascii_words = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=2000)
bodies = st.lists(
    st.one_of(
        words,
        ascii_words,
        st.text(st.characters(exclude_categories=["Cs"]), max_size=200),
        st.just(". "),
        st.just("=3D \t"),
        st.just("<p>Grüße</p> " * 90),
    ),
    max_size=12,
).map("\n".join)


def text_part(subtype: str, body: str) -> MIMEPart:
    body = body.replace("\r\n", "\n").replace("\r", "\n")
    plain = body.isascii() and max(map(len, body.split("\n"))) < SEVEN_BIT
    part = MIMEPart(policy=policy.SMTP.clone(max_line_length=76))
    # The library drops the last line end and adds one; ours keeps what was written.
    part.set_content(body + "\n", subtype=subtype, cte="7bit" if plain else "quoted-printable")
    return part


def written_by_the_library(submission: Submission) -> bytes:
    whole = Message(policy=policy.compat32)
    whole["From"] = f"Halden Coffee Works <{submission.account}>"
    whole["To"] = submission.to[0]
    subject = submission.subject
    simple = all(" " <= each <= "~" for each in subject) and len(subject) < SEVEN_BIT and "=?" not in subject
    whole["Subject"] = subject if simple else Header(subject, "utf-8", header_name="Subject").encode()
    whole["Date"] = format_datetime(AT.replace(microsecond=0))
    whole["Message-ID"] = f"<{submission.rfc_message_id}>"
    for name, value in submission.headers.items():
        whole[name] = value
    whole["MIME-Version"] = "1.0"
    parts: list[Message | str] = [text_part("plain", submission.text)]
    if submission.html is not None:
        parts.append(text_part("html", submission.html))
        whole["Content-Type"] = f'multipart/alternative; boundary="=_{submission.message_id.hex}a"'
        whole.set_payload(parts)
    else:
        only = text_part("plain", submission.text)
        for name, value in only.items():
            whole[name] = value
        whole.set_payload(only.get_payload())
    out = BytesIO()
    BytesGenerator(
        out, mangle_from_=False, maxheaderlen=0, policy=policy.compat32.clone(linesep="\r\n")
    ).flatten(whole)
    return out.getvalue()


@given(
    subject=words.filter(str.strip).map(lambda each: " ".join(each.split())),
    text=bodies,
    html=bodies | st.none(),
)
def test_a_mail_is_what_the_standard_library_writes(subject: str, text: str, html: str | None) -> None:
    submission = Submission(
        message_id=uuid4(),
        account="shop@halden.test",
        sender_name="",
        to=("ann@example.test",),
        subject=subject,
        text=text,
        html=html,
        headers={"Auto-Submitted": "auto-generated", "List-Id": "<news.halden.test>"},
        rfc_message_id="1@halden.test",
    )
    assert compose(submission, SETTINGS, AT) == written_by_the_library(submission)  # type: ignore[arg-type]  # the one setting it needs
