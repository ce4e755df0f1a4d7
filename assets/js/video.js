// A video elsewhere is asked for only when it is started: until then nobody else hears of the visit.
const PLAYERS = ["https://player.bilibili.com/", "https://v.qq.com/"];

document.addEventListener("click", (event) => {
  const facade = event.target.closest?.("[data-video]");
  if (!facade || event.ctrlKey || event.metaKey || event.shiftKey) return;
  if (!PLAYERS.some((player) => facade.dataset.video.startsWith(player))) return;
  event.preventDefault();
  const frame = document.createElement("iframe");
  frame.src = facade.dataset.video;
  frame.title = facade.dataset.videoTitle;
  frame.allow = "autoplay; fullscreen; picture-in-picture";
  frame.allowFullscreen = true;
  frame.referrerPolicy = "no-referrer";
  facade.replaceWith(frame);
  frame.focus();
});
