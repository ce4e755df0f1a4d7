// The replay: a chapter moves the picture there, and one part follows the other. Without this file
// a chapter opens its part by itself.
const video = document.querySelector("[data-replay]");
const chapters = [...document.querySelectorAll("[data-part]")];
const parts = [...new Set(chapters.map((chapter) => chapter.dataset.part))];
const shown = () => video.currentSrc || video.src;

function go(part, at) {
  if (shown() !== part) video.src = part;
  video.currentTime = at;
  video.play().catch(() => {});
}

function mark() {
  const now = chapters.findLast((each) => each.dataset.part === shown() && Number(each.dataset.at) <= video.currentTime);
  for (const chapter of chapters) {
    chapter.classList.toggle("is-now", chapter === now);
    chapter.setAttribute("aria-current", String(chapter === now));
  }
}

for (const chapter of chapters) {
  chapter.addEventListener("click", (event) => {
    event.preventDefault();
    go(chapter.dataset.part, Number(chapter.dataset.at));
    video.scrollIntoView({ block: "nearest" });
  });
}
video.addEventListener("timeupdate", mark);
video.addEventListener("ended", () => {
  const next = parts[parts.indexOf(shown()) + 1];
  if (next) go(next, 0);
});
mark();
