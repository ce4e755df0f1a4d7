// Our own video: hls.js where the browser plays no HLS by itself, fetched only when there is
// something to play. When the picture dies the page says so, and asks again.
const place = document.querySelector("[data-hls]");
const video = place.querySelector("video");
const words = place.querySelector("[data-no-signal]");
const address = place.dataset.hls;
// The staff's page has no room around it: there it plays what comes, whatever the state.
const room = place.closest("[data-room]");
const AGAIN = 3000;
const STILL = 6000;
const STALE = 10_000;
const plays = () => !room || room.dataset.state === "live";

let player;
let playing = false;
let waiting = 0;

function silent(yes) {
  if (!words) return;
  words.hidden = !yes;
  words.querySelector("[data-elsewhere]").hidden = !document.querySelector("#room-elsewhere");
}

function stop() {
  clearTimeout(waiting);
  playing = false;
  player?.destroy();
  player = undefined;
}

async function start() {
  stop();
  if (!plays()) return;
  // Asked first: before there is a picture the answer is empty, and that is no error.
  const answer = await fetch(address, { cache: "no-store" }).catch(() => undefined);
  const at = (name) => Date.parse(answer?.headers.get(name));
  // What a media server that died left there is no picture either.
  if (answer?.status !== 200 || at("Date") - at("Last-Modified") > STALE) {
    died();
    return;
  }
  const { default: Hls } = await import(/* @vite-ignore */ place.dataset.hlsScript);
  stop();
  if (Hls.isSupported()) {
    player = new Hls({ enableWorker: false, liveSyncDurationCount: 3, maxLiveSyncPlaybackRate: 1.1, backBufferLength: 30 });
    player.on(Hls.Events.ERROR, (_name, told) => told.fatal && died());
    player.on(Hls.Events.MANIFEST_PARSED, play);
    player.loadSource(address);
    player.attachMedia(video);
  } else if (video.canPlayType("application/vnd.apple.mpegurl")) {
    video.src = address;
    video.onerror = died;
    play();
  }
}

function play() {
  playing = true;
  // Muted, which every browser lets begin; where not, the controls are there.
  video.play().catch(() => {});
}

function died() {
  stop();
  if (!plays()) return;
  silent(true);
  waiting = setTimeout(start, AGAIN);
}

// What stands there without this script would play by itself, and twice.
video.removeAttribute("src");
video.addEventListener("timeupdate", () => playing && silent(false));
// What the desk and the signal do: room.js tells.
room?.addEventListener("room:state", ({ detail }) => {
  if (detail.state === "live") {
    start();
  } else {
    stop();
    video.pause();
    silent(detail.state === "paused");
  }
});
// A picture that stands still although nobody paused it: its end was not told.
let last = -1;
setInterval(() => {
  if (!playing || video.paused) return;
  if (video.currentTime === last) died();
  last = video.currentTime;
}, STILL);
silent(room?.dataset.state === "paused");
start();
