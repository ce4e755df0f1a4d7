"""How the site looks to a visitor: theme, size of the text, language; icons; the style page."""
