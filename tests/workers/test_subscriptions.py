from typing import Any
from uuid import uuid4

import pytest

from customers.models import TimelineEntry
from support.triage import Reconsider
from workers.subscriptions import SUBSCRIPTIONS


def failed(**facts: Any) -> TimelineEntry:
    return TimelineEntry(kind="message.failed", payload=facts)


def test_a_colleague_s_answer_that_did_not_arrive_is_reconsidered():
    [follow] = SUBSCRIPTIONS["message.failed"]
    conversation_id, message_id = uuid4(), uuid4()
    entry = failed(author="staff", conversation_id=str(conversation_id), message_id=str(message_id))
    assert follow(entry) == Reconsider(conversation_id, message_id)


@pytest.mark.parametrize(
    "facts",
    [{"author": "automation", "conversation_id": str(uuid4())}, {"author": "staff", "conversation_id": ""}],
)
def test_nothing_follows_from_a_receipt_or_campaign_that_did_not_arrive(facts: dict[str, str]):
    [follow] = SUBSCRIPTIONS["message.failed"]
    assert follow(failed(message_id=str(uuid4()), **facts)) is None
