// A page is the same for everybody: what a member keeps is asked for once they are here.
const hearts = [...document.querySelectorAll("[data-favourite]")];
if (hearts.length && document.querySelector("[data-signed-in]")) {
  fetch(hearts[0].dataset.which, { headers: { Accept: "application/json" } })
    .then((answer) => (answer.ok ? answer.json() : { codes: [] }))
    .then(({ codes }) => {
      for (const heart of hearts.filter((each) => codes.includes(each.dataset.favourite))) {
        const button = heart.querySelector("button");
        button.value = "0";
        button.setAttribute("aria-pressed", "true");
      }
    })
    .catch(() => {});
}
