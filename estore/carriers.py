"""Carriers: where a parcel can be followed."""

import re
from urllib.parse import quote

# As carriers are named, and the page that shows a parcel by its number, for recipients.
PAGES = {
    "DHL": "https://www.dhl.de/{language}/privatkunden/pakete-empfangen/verfolgen.html?piececode={number}",
    "DHL Express": "https://www.dhl.com/global-en/home/tracking.html?tracking-id={number}",
    "Deutsche Post": "https://www.deutschepost.de/de/s/sendungsverfolgung.html?piececode={number}",
    "DPD": "https://tracking.dpd.de/status/{region}/parcel/{number}",
    "FedEx": "https://www.fedex.com/fedextrack/?trknbr={number}",
    "GLS": "https://gls-group.com/GROUP/en/parcel-tracking?match={number}",
    "Hermes": "https://www.myhermes.de/empfangen/sendungsverfolgung/sendungsinformation#{number}",
    "Österreichische Post": "https://www.post.at/s/sendungsdetails?snr={number}",
    "Swiss Post": "https://service.post.ch/ekp-web/ui/entry/search/{number}",
    "UPS": "https://www.ups.com/track?tracknum={number}",
}


def page(carrier: str, tracking: str, locale: str = "en") -> str:
    """The address where this parcel is followed; empty for a carrier that we do not know, or without a number.

    "DHL Paket" is DHL; a number may have spaces.
    """
    number = re.sub(r"[\s.-]", "", tracking)
    if not number.isascii() or not number.isalnum():
        return ""
    written = _plain(carrier)
    known = max((name for name in PAGES if written.startswith(_plain(name))), key=len, default="")
    german = locale == "de"
    return PAGES.get(known, "").format(
        number=quote(number), language="de" if german else "en", region="de_DE" if german else "en_US"
    )


def _plain(name: str) -> str:
    return re.sub(r"[^\w]", "", name.casefold())
