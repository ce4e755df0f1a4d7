// Staff's page of a cue card: names the words that advertising must not use while they are typed.
// The server alone finds them.
const form = document.querySelector("form[data-words]");
let waiting = 0;
let asked = 0;

function line({ before, word, after, reason }) {
  const item = document.createElement("li");
  const mark = document.createElement("mark");
  mark.textContent = word;
  item.append(`…${before}`, mark, `${after}… ${reason}`);
  return item;
}

async function show() {
  const mine = ++asked;
  const answer = await fetch(form.dataset.words, { method: "POST", body: new FormData(form) });
  if (!answer.ok || mine !== asked) return;
  const found = await answer.json();
  for (const list of form.querySelectorAll("[data-warnings]")) {
    const lines = (found[list.dataset.warnings] || []).map(line);
    // Said aloud only when they are others than before.
    if (lines.map((one) => one.textContent).join() !== [...list.children].map((one) => one.textContent).join())
      list.replaceChildren(...lines);
  }
}

form.addEventListener("input", () => {
  clearTimeout(waiting);
  waiting = setTimeout(show, 300);
});
