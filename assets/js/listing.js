// The list of produce: htmx swaps the results; here is what it can't know.

// An address says only what differs from the whole list.
document.addEventListener("htmx:configRequest", (event) => {
  if (!event.target.matches?.("[data-listing]")) return;
  const { parameters } = event.detail;
  if (parameters.sort === "best") delete parameters.sort;
});

// What was unfolded stays so; who tapped a filter that is gone now goes on at the results.
let unfolded = [];
let listWasActive = false;
document.addEventListener("htmx:beforeSwap", () => {
  unfolded = [...document.querySelectorAll("#list-facets details[open]")].map((each) => each.id);
  listWasActive = Boolean(document.activeElement?.closest("#listing"));
});
document.addEventListener("htmx:afterSettle", () => {
  for (const id of unfolded) document.getElementById(id)?.setAttribute("open", "");
  if (listWasActive && document.activeElement === document.body) {
    document.querySelector("#list-head h1")?.focus({ preventScroll: true });
  }
  listWasActive = false;
});

// Back and back again: the page that is gone to last is the one that is shown.
let restoring;
document.addEventListener("htmx:historyCacheMiss", (event) => {
  restoring?.abort();
  restoring = event.detail.xhr;
});

// The sheet's button closes it: the results are there already.
document.addEventListener("submit", (event) => {
  if (!event.target.matches("[data-listing]")) return;
  const sheet = document.getElementById("list-filters");
  if (sheet?.matches(":popover-open")) sheet.hidePopover();
});

// What was said of the basket goes after a while.
let saying;
document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target?.id !== "quick-said") return;
  clearTimeout(saying);
  saying = setTimeout(() => event.detail.target.replaceChildren(), 6000);
});
