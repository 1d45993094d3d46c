import pytest

from portal import reasons


@pytest.mark.parametrize(
    ("channel", "said", "told"),
    [
        (
            "sms",
            "Twilio: 400 21610 Attempt to send to unsubscribed recipient",
            "They have opted out of texts (STOP).",
        ),
        ("sms", "suppressed: STOP", "They have opted out of texts (STOP)."),
        ("sms", "Not delivered: 30006", "That number cannot get texts."),
        ("sms", "Not delivered: 30003 Unreachable", "Their phone could not be reached."),
        ("sms", "Twilio: 400 20001 Bad", "The text could not be delivered."),
        ("email", "Bounced: 5.1.1 no such user here", "There is no such mailbox."),
        ("email", "Bounced: 5.2.2 over quota", "Their mailbox is full."),
        ("email", "suppressed: bounced 5.1.1", "Mail to this address came back."),
        ("email", "Given up after 12 tries.", "It could not be delivered."),
    ],
)
def test_why_an_answer_did_not_arrive_is_said_in_our_words(channel: str, said: str, told: str):
    assert reasons.unreached(channel, said) == told


def test_stop_is_told_as_theirs():
    assert reasons.keyword("sms", "Stop ") == "Wrote Stop: no more texts"
    assert reasons.keyword("email", "STOP") == ""
    assert reasons.keyword("sms", "Stop the machine") == ""
