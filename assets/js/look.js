// Theme, text size and language change without losing one's place on the page.
document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.matches("[data-look]") || !event.submitter) return;
  event.preventDefault();
  const body = new URLSearchParams(new FormData(form));
  body.set(event.submitter.name, event.submitter.value);
  await fetch(form.action, { method: "post", body, redirect: "manual" });
  // An address may name a language itself; that of the form never does.
  if (event.submitter.name === "language") window.location.assign(form.elements.next.value);
  else window.location.reload();
});

// Sheets: a button opens the dialog that it names; a tap beside it closes it again.
document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-opens]");
  if (opener) document.getElementById(opener.dataset.opens)?.showModal();
  if (event.target.closest("[data-closes]") || event.target.matches("dialog")) {
    event.target.closest("dialog")?.close();
  }
});

// Steppers: minus and plus beside a number, which can be typed as well.
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-step]");
  if (!button) return;
  const input = button.parentElement.querySelector("input");
  if (Number(button.dataset.step) > 0) input.stepUp();
  else input.stepDown();
  input.dispatchEvent(new Event("change", { bubbles: true }));
});
