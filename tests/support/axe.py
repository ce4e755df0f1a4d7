"""axe-core on a page: what it finds against people who see, hear or move less well."""

from functools import cache

from playwright.sync_api import Page

from deploy.embedded.places import ROOT

SOURCE = ROOT / "assets" / "node_modules" / "axe-core" / "axe.min.js"
# What can differ when nothing but colours does.
OF_COLOURS = ["color-contrast", "link-in-text-block"]
RUN = """([root, rules]) => axe.run(root || document, {
    resultTypes: ["violations"],
    // A card's field is the payment service's own page.
    iframes: false,
    ...(rules ? {runOnly: {type: "rule", values: rules}} : {}),
}).then(({violations}) => violations.flatMap(({id, impact, nodes}) => nodes.map((node) =>
    `${id} (${impact}): ${node.target.join(" ")} ${node.html.slice(0, 160)} `
    + (node.any[0]?.message || node.all[0]?.message || node.none[0]?.message || ""))))"""
# Parts that a page fetches after itself belong to it; colours fade into each other.
SETTLED = """async () => {
    const next = () => new Promise(requestAnimationFrame);
    await next();
    while (document.querySelector(".htmx-request") || document.getAnimations().length) await next();
}"""


@cache
def _source() -> str:
    return SOURCE.read_text()


def faults(page: Page, where: str, root: str = "", themes: tuple[str, ...] = ()) -> list[str]:
    """Every fault of what the page shows, whatever its impact, by theme.

    `root` selects the part that is ours. In the first theme all rules are asked, in the others
    those of colours: nothing else of a page differs.
    """
    page.evaluate(_source())
    found = []
    for number, theme in enumerate(themes):
        page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
        page.evaluate(SETTLED)
        rules = OF_COLOURS if number else None
        found += [f"{where} ({theme}): {each}" for each in page.evaluate(RUN, [root, rules])]
    return found
