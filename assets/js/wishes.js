// A page is the same for everybody: what a member keeps is asked for once they are here, and again
// when a part of the page came anew.
async function fillHearts(part) {
  const hearts = [...part.querySelectorAll("[data-favourite]")];
  if (!hearts.length || !document.querySelector("[data-signed-in]")) return;
  try {
    const answer = await fetch(hearts[0].dataset.which, { headers: { Accept: "application/json" } });
    const { codes } = answer.ok ? await answer.json() : { codes: [] };
    for (const heart of hearts.filter((each) => codes.includes(each.dataset.favourite))) {
      const button = heart.matches("button") ? heart : heart.querySelector("button");
      button.value = "0";
      button.setAttribute("aria-pressed", "true");
    }
  } catch {
    // Then the hearts stay empty: a tap on one says what is so.
  }
}

fillHearts(document);
document.addEventListener("htmx:afterSwap", () => {
  const results = document.getElementById("results");
  if (results && !results.dataset.hearts) {
    results.dataset.hearts = "asked";
    fillHearts(results);
  }
});
document.getElementById("results")?.setAttribute("data-hearts", "asked");
