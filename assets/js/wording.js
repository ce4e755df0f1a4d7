// Staff's page of a message's wording: shows what the words would look like while they are typed.
// The server alone fills them in.
const form = document.getElementById("wording");
let waiting = 0;
let asked = 0;

async function show() {
  const mine = ++asked;
  const answer = await fetch(form.dataset.preview, { method: "POST", body: new FormData(form) });
  if (!answer.ok || mine !== asked) return;
  const { said, errors } = await answer.json();
  for (const each of form.querySelectorAll("[data-error]")) {
    each.textContent = errors[each.dataset.error] || "";
  }
  for (const place of form.querySelectorAll("[data-said]")) {
    const { subject, text, html } = said[place.dataset.said];
    place.querySelector("[data-subject]").textContent = subject;
    const frame = place.querySelector("iframe");
    if (frame) frame.srcdoc = html;
    else place.querySelector("[data-text]").textContent = text;
  }
}

form.addEventListener("input", () => {
  clearTimeout(waiting);
  waiting = setTimeout(show, 300);
});
