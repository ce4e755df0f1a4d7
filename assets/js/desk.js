// The control desk: a button's form is sent without leaving the page, and the desk is drawn anew
// when anything happens, here or at another desk. Without this file each button loads the page.
const root = document.querySelector("[data-desk]");
const body = root.querySelector("[data-body]");
const refusal = root.querySelector("[data-refusal]");
const SOON = 250;
const POLL = 4000;
let waiting = 0;

async function draw() {
  waiting = 0;
  const answer = await fetch(root.dataset.desk, { cache: "no-store" }).catch(() => null);
  if (!answer?.ok || answer.redirected) return;
  const text = await answer.text();
  const typed = [...body.querySelectorAll("[data-keep]")].map((field) => [field.dataset.keep, field.value, field.defaultValue]);
  const focus = document.activeElement?.dataset?.keep;
  // What is being asked ("there is no way back") is not drawn over.
  if (body.querySelector("details[open]")) return;
  body.innerHTML = text;
  for (const [name, value, before] of typed) {
    const field = body.querySelector(`[data-keep="${name}"]`);
    if (field && value !== before) field.value = value;
    if (field && name === focus) field.focus();
  }
  listen();
}

function soon() {
  waiting ||= setTimeout(draw, SOON);
}

root.addEventListener("submit", async (event) => {
  const form = event.target;
  event.preventDefault();
  const data = new FormData(form, event.submitter);
  event.submitter.disabled = true;
  const answer = await fetch(form.action, { method: "POST", body: data, headers: { Accept: "application/json" } }).catch(() => null);
  const told = answer && (answer.ok || answer.status === 422) ? await answer.json() : { error: answer?.statusText || "…" };
  refusal.textContent = told.error;
  refusal.hidden = !told.error;
  if (!told.error) form.reset();
  for (const open of body.querySelectorAll("details[open]")) open.open = false;
  event.submitter.disabled = false;
  await draw();
});

// Of a draft the stream knows nothing yet.
let source;
function listen() {
  if (source || body.querySelector("[data-state]").dataset.state === "draft") return;
  source = new EventSource(root.dataset.events);
  for (const name of ["room", "chat", "hide"]) source.addEventListener(name, soon);
  source.addEventListener("figures", (event) => {
    for (const [name, value] of Object.entries(JSON.parse(event.data))) {
      const place = body.querySelector(`[data-figure="${name}"]`);
      if (place && typeof value === "number") place.textContent = value;
    }
  });
}

listen();
setInterval(() => {
  if (!document.hidden) soon();
}, POLL);
