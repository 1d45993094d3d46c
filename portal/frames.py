"""Frames: a stranger's HTML as it is read, in a frame that can do nothing and fetches nothing unasked.

The frame belongs to our origin so that the page around it can measure it; no script runs in it, no form leaves it.
"""

import re
from collections.abc import Mapping
from html import escape, unescape
from urllib.parse import urlsplit

import nh3
from litestar import Response

from core.rendering import gettext as _
from portal.folding import fold_quote

MAX_HTML = 1_000_000
POLICY = (
    "default-src 'none'; img-src 'self' data:{elsewhere}; style-src 'unsafe-inline'; frame-ancestors 'self'; "
    "form-action 'none'; sandbox allow-same-origin allow-popups allow-popups-to-escape-sandbox"
)
_PAGE = """<!doctype html><meta charset="utf-8"><title>{title}</title><style>{style}</style>
<body{dark}><div class="mail">{body}</div>"""
# As they wrote it, on paper; what brings no colours of its own follows the reader's.
_STYLE = """
:root{color-scheme:light;background:#fff;color:#1c1a17}
body{font:14px/1.55 system-ui,sans-serif;margin:0;overflow-wrap:anywhere}
.mail{overflow-x:auto;overflow-y:hidden;padding:.125rem}
img{max-width:100%;height:auto}table{max-width:100%}pre{white-space:pre-wrap}p:first-child{margin-top:0}
blockquote{margin:.5em 0;padding-left:.75em;border-left:2px solid #c9c4bb;color:#57534b}
a{color:#0b6b66}.true-target{font-size:12px;color:#8a2b06;background:#fdf0e8;border-radius:4px;padding:0 .25em}
details.folded>summary{display:inline-block;width:2rem;line-height:1.1;text-align:center;border-radius:1rem;
background:#eeece8;color:#57534b;cursor:pointer;list-style:none;margin:.5rem 0}
details.folded>summary::-webkit-details-marker{display:none}
@media print{details.folded{display:none}}
"""
_DARK = """
:root:has(body[data-plain][data-theme=dark]){color-scheme:dark;background:transparent;color:#e8e4dc}
body[data-plain][data-theme=dark] blockquote{color:#b5afa4;border-color:#5b564d}
body[data-plain][data-theme=dark] a{color:#6cc9c2}
body[data-plain][data-theme=dark] details.folded>summary{background:#3a362f;color:#cfc9bd}
body[data-plain][data-theme=dark] .true-target{color:#f3b493;background:#3c2418}
"""
_TAGS = nh3.ALLOWED_TAGS | {"font", "big"}
# Nothing with which a letter could cover or cut off what we say beside its links.
_STYLES = {
    "color", "background-color", "font-weight", "font-style", "font-size", "font-family", "text-align",
    "text-decoration", "vertical-align", "padding", "padding-top", "padding-right", "padding-bottom",
    "padding-left", "margin", "margin-top", "margin-right", "margin-bottom", "margin-left", "border",
    "border-top", "border-right", "border-bottom", "border-left", "border-radius", "border-collapse",
    "border-color", "border-style", "border-width", "width", "max-width", "min-width", "height",
    "line-height", "display", "list-style-type", "white-space",
    "letter-spacing", "text-transform",
}  # fmt: skip
_SIZES = {"align", "valign", "width", "height", "bgcolor", "border", "cellpadding", "cellspacing"}
_ATTRIBUTES = {
    "*": {"style", "dir", "lang", "class", "id"},
    "a": {"href"}, "blockquote": {"type"}, "img": {"alt", "src", "width", "height"}, "ol": {"start", "type"},
    "font": {"color", "size", "face"}, "table": _SIZES, "tr": _SIZES,
    "td": _SIZES | {"colspan", "rowspan"}, "th": _SIZES | {"colspan", "rowspan"},
}  # fmt: skip
# How mail programs mark what they repeat; of all that a stranger calls things, only this is kept.
_MARKS = (
    "gmail_quote_container|gmail_quote|yahoo_quoted|protonmail_quote|divRplyFwdMsg|appendonsend|moz-cite-prefix|"
    "OLK_SRC_BODY_SECTION|gmail_signature|moz-signature|Signature"
)
_QUOTES = re.compile(rf"\b({_MARKS})\b")
_NONE: Mapping[str, str] = {}
_PICTURE = re.compile(r"data:image/(png|jpe?g|gif|webp)[;,]", re.IGNORECASE)
_LINK = re.compile(r"<a\b([^>]*)>(.*?)</a>", re.DOTALL)
_HREF = re.compile(r'\bhref="([^"]*)"')
_ID = re.compile(rf' id="(?:{_MARKS}| )*"')
_DOT = re.compile(r'<img\b[^>]*\b(?:width|height)="0"[^>]*>')
_NAMES_PLACE = re.compile(r"(?:https?://)?((?:[a-z0-9-]+\.)+[a-z]{2,})(?:[/:?#].*)?", re.IGNORECASE)
_TAG = re.compile(r"<[^>]*>")
_COLOURED = re.compile(r"bgcolor=|background-color|[\"; ]color:|<font [^>]*color=|<img ", re.IGNORECASE)


def frame(
    html: str, title: str, *, inline: Mapping[str, str] = _NONE, remote: bool = False, fold: bool = True
) -> Response[str]:
    """A mail's own HTML for its frame; `inline` are the addresses of its own pictures by Content-ID.

    Pictures from elsewhere are left out unless `remote`; those of one dot, which only count readers, always.
    """
    body = nh3.clean(
        html[:MAX_HTML],
        tags=_TAGS,
        clean_content_tags={"script", "style", "title", "head"},
        attributes=_ATTRIBUTES,
        attribute_filter=lambda tag, name, value: _keep(tag, name, value, inline, remote),
        filter_style_properties=_STYLES,
        url_schemes={"http", "https", "mailto", "tel", "data", "cid"},
        link_rel="noopener noreferrer nofollow",
        set_tag_attribute_values={"a": {"target": "_blank"}},
    )
    body = _DOT.sub("", body)
    if fold:
        body = fold_quote(body)
    body = _LINK.sub(_true, _ID.sub("", body))
    plain = "" if _COLOURED.search(body) else " data-plain"
    page = _PAGE.format(title=nh3.clean_text(title), style=_STYLE + _DARK, dark=plain, body=body)
    elsewhere = " https: http:" if remote else ""
    headers = {
        "content-security-policy": POLICY.format(elsewhere=elsewhere),
        "referrer-policy": "no-referrer",
        "x-robots-tag": "noindex",
    }
    return Response(page, media_type="text/html; charset=utf-8", headers=headers)


def _keep(tag: str, name: str, value: str, inline: Mapping[str, str], remote: bool) -> str | None:
    if name in ("class", "id"):
        marks = " ".join(_QUOTES.findall(value))
        return marks or None
    if name == "src":
        said = value.strip()
        if said.lower().startswith("cid:"):
            return inline.get(said[4:].strip("<> "))
        if _PICTURE.match(said):
            return said
        return said if remote and said.lower().startswith(("http:", "https:")) else None
    if name == "href":
        return value if value.strip().lower().startswith(("http:", "https:", "mailto:", "tel:")) else None
    if tag == "img" and name in ("width", "height") and value.strip().rstrip("px") in ("0", "1"):
        return "0"  # a dot that counts readers
    return value


def _true(link: "re.Match[str]") -> str:
    """A link that says where it leads, and says so beside itself where its words name another place."""
    attributes, words = link[1], link[2]
    found = _HREF.search(attributes)
    if found is None:
        return words
    target = unescape(found[1])
    shown = f'<a{attributes} title="{escape(target)}">{words}</a>'
    host = (urlsplit(target).hostname or "") if target.lower().startswith("http") else ""
    named = _NAMES_PLACE.fullmatch(unescape(_TAG.sub("", words)).strip())
    if host and named and not _same(named[1].lower(), host.lower()):
        leads = _("leads to %(host)s") % {"host": host}
        shown += f' <span class="true-target">{escape(leads)}</span>'
    return shown


def _same(named: str, host: str) -> bool:
    named, host = named.removeprefix("www."), host.removeprefix("www.")
    return host == named or host.endswith("." + named)
