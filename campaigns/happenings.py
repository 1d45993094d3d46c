"""What campaigns put on the timeline; the subject of each is the broadcast."""

from customers.timeline import Happening


class CampaignSent(Happening, tag="campaign.sent", frozen=True):
    """A broadcast reached the provider for this customer."""

    broadcast: str
    channel: str
    subject: str


class CampaignClicked(Happening, tag="campaign.clicked", frozen=True):
    """A person, not a scanner, followed a link of a broadcast."""

    shared = False

    broadcast: str
    channel: str
    url: str


class CampaignUnsubscribed(Happening, tag="campaign.unsubscribed", frozen=True):
    """The customer used a broadcast's way out."""

    broadcast: str
    channel: str
    topic: str


class LeadCaptured(Happening, tag="lead.captured", frozen=True):
    """Somebody showed interest: in a form, at a fair, through an advertisement."""

    source: str
    interest: str = ""
    preview: str = ""
