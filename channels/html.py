"""Showing what came in: HTML made harmless, quotes folded but never cut away."""

import nh3

MAX_HTML = 1_000_000

_TEXT = {"a", "b", "blockquote", "br", "cite", "code", "del", "div", "em", "hr", "i"}
_TEXT |= {"img", "ins", "kbd", "p", "pre", "q", "s", "samp", "small", "span", "strike", "strong"}
_HEADINGS = {"h1", "h2", "h3", "h4", "h5", "h6"}
_LISTS = {"dd", "dl", "dt", "li", "ol", "ul"}
_TABLES = {"caption", "col", "colgroup", "table", "tbody", "td", "tfoot", "th", "thead", "tr"}
_TEXT |= {"abbr", "sub", "sup", "tt", "u", "var"}
_TAGS = _TEXT | _HEADINGS | _LISTS | _TABLES
_ATTRIBUTES = {
    "a": {"href", "title"},
    "img": {"alt", "title", "width", "height"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan"},
    "ol": {"start"},
}


def clean(html: str, *, remote_images: bool = False) -> str:
    """HTML that runs, loads and styles nothing; links open elsewhere and say nothing of us.

    Pictures from the outside tell the sender that we read the mail: they are left out unless asked for.
    """
    attributes = {tag: set(names) for tag, names in _ATTRIBUTES.items()}
    if remote_images:
        attributes["img"].add("src")
    return nh3.clean(
        html[:MAX_HTML],
        tags=_TAGS,
        clean_content_tags={"script", "style", "title", "head", "template", "noscript"},
        attributes=attributes,
        url_schemes={"http", "https", "mailto", "tel"},
        link_rel="noopener noreferrer nofollow",
        set_tag_attribute_values={"a": {"target": "_blank"}},
        strip_comments=True,
    )
