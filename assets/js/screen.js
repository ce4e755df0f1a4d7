// The big screen is drawn anew every two seconds. Without this file the page loads itself again.
const screen = document.querySelector("[data-screen]");

async function draw() {
  if (document.hidden) return;
  const answer = await fetch(screen.dataset.screen, { cache: "no-store" }).catch(() => null);
  if (answer?.ok && !answer.redirected) screen.innerHTML = await answer.text();
}

setInterval(draw, 2000);
