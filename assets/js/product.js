// The page of one produce: the sum follows the pack, freight and arrival follow both.
import htmx from "htmx.org";

const buy = document.querySelector("[data-buy]");
const delivery = document.querySelector("[data-delivery]");

// Whole fen, so that no sum is ever a fraction off.
function yuan(fen) {
  const whole = String(Math.floor(fen / 100)).replace(/\B(?=(\d{3})+$)/g, ",");
  return `¥${whole}.${String(fen % 100).padStart(2, "0")}`;
}

function chosen() {
  const pack = buy.querySelector("[name=pack]:checked");
  const quantity = buy.querySelector("[name=quantity]");
  if (!pack || !quantity) return null;
  const packs = Math.min(Math.max(1, Math.floor(Number(quantity.value)) || 1), 999);
  return { pack, quantity, packs };
}

function show() {
  const now = chosen();
  if (!now) return;
  const { name, fen, jin, price, left } = now.pack.dataset;
  now.quantity.max = Math.min(999, Number(left));
  for (const [hook, text] of [["price", price], ["pack", name], ["jin", jin]]) {
    const place = document.querySelector(`[data-${hook}-shown]`);
    if (place) place.textContent = text;
  }
  const sum = buy.querySelector("[data-sum]");
  sum.hidden = false;
  sum.querySelector("[data-sum-name]").textContent = now.packs > 1 ? `${name} × ${now.packs}` : name;
  sum.querySelector("[data-sum-price]").textContent = yuan(Number(fen) * now.packs);
}

function ask() {
  const now = chosen();
  if (now) {
    delivery.elements.pack.value = now.pack.value;
    delivery.elements.packs.value = now.packs;
  }
  htmx.trigger(delivery, "refresh");
}

if (buy && delivery) {
  show();
  buy.addEventListener("change", () => {
    show();
    ask();
  });
  // The page is the same for everybody; where this visitor lives, the cookie says.
  const [, home] = document.cookie.match(/(?:^|; )province=([a-z-]+)/) || [];
  const select = delivery.elements.to;
  if (home && !select.value) {
    select.value = home;
    if (select.value) document.addEventListener("DOMContentLoaded", () => setTimeout(ask));
  }
}

for (const button of document.querySelectorAll("[data-share]")) {
  button.hidden = !navigator.share;
  button.addEventListener("click", () => {
    const url = button.dataset.address;
    // Closed without sending: nothing to do.
    navigator.share({ title: button.dataset.share, url }).catch(() => {});
  });
}
