// A live room: what happens there is told by the event stream, or, where it cannot be had, asked
// for every few seconds. Without this file the page is a plain shelf with its forms.
const root = document.querySelector("[data-room]");
const words = root.dataset;
const one = (name) => root.querySelector(`[data-${name}]`);
const LONGEST_CHAT = 200;
const POLL = 2500;
const AGAIN = 20_000;

let sequence = Number(words.sequence);
let after = words.after;
let source;
let polling = 0;
let tag = "";

function show(element, shown) {
  if (element) element.hidden = !shown;
}

// --- what is told -----------------------------------------------------------------------------

function tellRoom(state) {
  // What comes late, of two desks at once, is older than what is shown.
  if (state.sequence < sequence) return;
  sequence = state.sequence;
  if (state.state !== words.state) {
    const before = ["draft", "scheduled"].includes(words.state);
    words.state = state.state;
    for (const part of root.querySelectorAll("[data-when]")) show(part, part.dataset.when.split(" ").includes(state.state));
    root.dispatchEvent(new CustomEvent("room:state", { bubbles: true, detail: { state: state.state, before } }));
  }
  const notice = one("notice");
  notice.querySelector("span").textContent = state.notice;
  show(notice, state.notice);
  const coupon = one("coupon");
  if (coupon && state.coupon) {
    const zh = document.documentElement.lang.startsWith("zh");
    one("coupon-name").textContent = zh ? state.coupon.zh : state.coupon.en;
  }
  show(coupon, state.coupon);
  show(one("closed"), !state.chat_open);
  show(one("say"), state.chat_open);
  arrange(state);
}

function arrange(state) {
  const [pinned, list] = [one("pinned"), one("items")];
  const place = (item, where, at) => {
    // Only what is elsewhere moves: a button that has the focus keeps it.
    if (item && where.children[at] !== item) where.insertBefore(item, where.children[at] || null);
    item?.classList.toggle("is-pinned", where === pinned);
  };
  const item = (id) => root.querySelector(`[data-item="${id}"]`);
  state.order.filter((id) => id !== state.pinned).forEach((id, at) => place(item(id), list, at));
  if (state.pinned) place(item(state.pinned), pinned, 0);
}

const yuan = (fen) => `¥${Math.floor(fen / 100)}.${String(fen % 100).padStart(2, "0")}`;

function tellFigures({ viewers, likes, shelf }) {
  if (viewers !== undefined) one("viewers").textContent = viewers;
  if (likes !== undefined) one("likes").textContent = Math.max(likes, Number(one("likes").textContent));
  for (const [id, now] of Object.entries(shelf || {})) {
    const item = root.querySelector(`[data-item="${id}"]`);
    if (!item) continue;
    const part = (name) => item.querySelector(`[data-${name}]`);
    part("price").textContent = yuan(now.price);
    part("left").textContent = now.left > 0 ? words.left.replace("#", now.left) : words.soldOut;
    show(part("full"), now.full);
    show(part("flash"), now.full);
    if (now.full) {
      part("full").textContent = yuan(now.full);
      part("flash-left").textContent = words.left.replace("#", now.flash);
      part("until").dateTime = new Date(now.until).toISOString();
    }
    const buy = item.querySelector(".room-buy button");
    if (buy) buy.disabled = now.left < 1;
  }
}

function tellChat({ id, name, text }) {
  const list = one("chat");
  if (list.querySelector(`[data-message="${id}"]`)) return;
  const atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 60;
  const line = document.createElement("li");
  const who = document.createElement("b");
  line.dataset.message = id;
  who.textContent = name;
  line.append(who, ` ${text}`);
  list.append(line);
  while (list.children.length > LONGEST_CHAT) list.firstElementChild.remove();
  if (atEnd) list.scrollTop = list.scrollHeight;
}

function tellHidden({ ids }) {
  for (const id of ids) root.querySelector(`[data-message="${id}"]`)?.remove();
}

// --- how it comes -----------------------------------------------------------------------------

function listen() {
  source?.close();
  source = new EventSource(words.events + (after ? `?after=${after}` : ""));
  const told = (name, tell) =>
    source.addEventListener(name, (event) => {
      if (event.lastEventId) after = event.lastEventId;
      tell(JSON.parse(event.data));
    });
  told("room", tellRoom);
  told("figures", tellFigures);
  told("chat", tellChat);
  told("hide", tellHidden);
  source.addEventListener("open", () => {
    clearInterval(polling);
    polling = 0;
    show(one("offline"), false);
  });
  source.addEventListener("error", () => {
    // The browser comes back by itself unless it was sent away.
    poll();
    if (source.readyState === EventSource.CLOSED) setTimeout(listen, AGAIN);
  });
}

function poll() {
  if (polling) return;
  ask();
  polling = setInterval(ask, POLL);
}

async function ask() {
  if (document.hidden) return;
  try {
    const answer = await fetch(words.now, { headers: tag ? { "If-None-Match": tag } : {}, cache: "no-store" });
    show(one("offline"), !answer.ok && answer.status !== 304);
    if (!answer.ok) return;
    tag = answer.headers.get("ETag") || "";
    const now = await answer.json();
    after = now.id || after;
    tellRoom(now.room);
    tellFigures(now.figures);
    const shown = new Set(now.chat.map((message) => String(message.id)));
    const oldest = now.chat[0]?.id ?? Infinity;
    for (const line of one("chat").querySelectorAll("[data-message]")) {
      if (Number(line.dataset.message) >= oldest && !shown.has(line.dataset.message)) line.remove();
    }
    now.chat.forEach(tellChat);
  } catch {
    show(one("offline"), true);
  }
}

// --- what a viewer does -----------------------------------------------------------------------

function send(form, data) {
  return fetch(form.action, { method: "POST", body: data, headers: { Accept: "application/json" } });
}

const say = one("say");
say.addEventListener("submit", async (event) => {
  event.preventDefault();
  event.stopPropagation();
  const data = new FormData(say);
  if (!data.get("text").trim()) return;
  const refusal = one("refusal");
  try {
    const answer = await send(say, data);
    const { error } = answer.ok || answer.status === 422 ? await answer.json() : { error: answer.statusText };
    refusal.textContent = error;
    if (!error) say.elements.text.value = "";
  } catch {
    show(one("offline"), true);
  }
});

// Taps are shown at once and sent together, once a second.
const like = one("like");
let taps = 0;
like.addEventListener("submit", (event) => {
  event.preventDefault();
  event.stopPropagation();
  one("likes").textContent = Number(one("likes").textContent) + 1;
  like.classList.remove("is-tapped");
  requestAnimationFrame(() => like.classList.add("is-tapped"));
  if (taps++) return;
  setTimeout(() => {
    const data = new FormData(like);
    data.set("count", Math.min(taps, 10));
    taps = 0;
    send(like, data).catch(() => {});
  }, 1000);
});

// --- clocks -----------------------------------------------------------------------------------

const begins = one("countdown");
const date = begins.textContent;

function left(moment) {
  const seconds = Math.floor((new Date(moment) - Date.now()) / 1000);
  const two = (number) => String(Math.floor(number)).padStart(2, "0");
  if (seconds < 0 || seconds >= 86_400) return "";
  const short = `${two((seconds % 3600) / 60)}:${two(seconds % 60)}`;
  return seconds < 3600 ? short : `${two(seconds / 3600)}:${short}`;
}

function clocks() {
  if (["draft", "scheduled"].includes(words.state)) begins.textContent = left(begins.dateTime) || date;
  for (const clock of root.querySelectorAll("[data-flash]:not([hidden]) [data-until]")) clock.textContent = left(clock.dateTime);
}

clocks();
setInterval(clocks, 1000);
one("chat").scrollTop = one("chat").scrollHeight;
// Of a draft, which staff alone see, the stream knows nothing yet.
if (words.state === "draft") poll();
else listen();
