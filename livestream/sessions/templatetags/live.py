"""How the pages about live sessions show texts and moments."""

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from livestream.sessions.words import forbidden_words

register = template.Library()


@register.filter
def marked(text: str) -> SafeString:
    """A text with the words marked that advertising must not use."""
    parts, last = [], 0
    for start, end, word, reason in forbidden_words(text):
        if start >= last:
            parts.append(
                format_html('{}<mark title="{}">{}</mark>', text[last:start], reason, word)
            )
            last = end
    return format_html("{}{}", format_html_join("", "{}", ([part] for part in parts)), text[last:])


@register.filter
def offset(milliseconds: int | None) -> str:
    """How far into a session: 1:02:03. Empty before its start."""
    if milliseconds is None:
        return ""
    minutes, seconds = divmod(milliseconds // 1000, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}"
