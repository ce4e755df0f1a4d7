// Houses as they stand in the counties: each a few shapes, its foot at y.
import { mix } from "./drawing.js";

const TREE = ["#6f8f5c", "#8aa66a", "#5d7f58"];

function south(x, y, size, colours) {
  const [wide, high] = [size, size * 0.52];
  const roof = "#6b6a68";
  return `<path fill="#fbf5ea" d="M${x} ${y}v${-high}h${wide}v${high}z"/><path fill="#000" opacity=".07" d="M${x + wide * 0.66} ${y}v${-high}h${wide * 0.34}v${high}z"/>` +
    `<path fill="${roof}" d="M${x - size * 0.12} ${y - high + 1}l${size * 0.16} ${-size * 0.3}h${wide - size * 0.08}l${size * 0.16} ${size * 0.3}z"/>` +
    `<path fill="${mix(roof, "#ffffff", 0.25)}" d="M${x + size * 0.03} ${y - high - size * 0.3}h${wide - size * 0.06}v${size * 0.05}h${-wide + size * 0.06}z"/>` +
    `<path fill="${colours.shade}" opacity=".75" d="M${x + wide * 0.4} ${y}v${-high * 0.58}h${wide * 0.2}v${high * 0.58}zM${x + wide * 0.12} ${y - high * 0.42}h${wide * 0.15}v${-high * 0.28}h${-wide * 0.15}zM${x + wide * 0.73} ${y - high * 0.42}h${wide * 0.15}v${-high * 0.28}h${-wide * 0.15}z"/>`;
}

function stilts(x, y, size, colours) {
  const wood = "#a8764a";
  const post = (at) => `M${x + size * at} ${y}v${-size * 0.32}h${size * 0.05}v${size * 0.32}z`;
  return `<path fill="#6e4a2c" d="${post(0.04)}${post(0.33)}${post(0.62)}${post(0.91)}"/><path fill="${wood}" d="M${x} ${y - size * 0.28}v${-size * 0.36}h${size}v${size * 0.36}z"/>` +
    `<path stroke="#7d5230" stroke-width="1.2" opacity=".7" d="M${x + size * 0.2} ${y - size * 0.28}v${-size * 0.36}M${x + size * 0.4} ${y - size * 0.28}v${-size * 0.36}M${x + size * 0.6} ${y - size * 0.28}v${-size * 0.36}M${x + size * 0.8} ${y - size * 0.28}v${-size * 0.36}"/>` +
    `<path fill="#ffe3a3" d="M${x + size * 0.44} ${y - size * 0.36}h${size * 0.12}v${-size * 0.16}h${-size * 0.12}z"/>` +
    `<path fill="#56504c" d="M${x - size * 0.16} ${y - size * 0.6}L${x + size * 0.24} ${y - size * 0.96}h${size * 0.52}L${x + size * 1.16} ${y - size * 0.6}z"/><path fill="${colours.shade}" opacity=".35" d="M${x - size * 0.08} ${y - size * 0.28}h${size * 1.16}v${size * 0.05}h${-size * 1.16}z"/>`;
}

function tibetan(x, y, size, colours) {
  const high = size * 0.82;
  const window = (dx, dy) => `M${x + size * dx} ${y - high * dy}h${size * 0.14}l${size * 0.02} ${-size * 0.19}h${-size * 0.18}z`;
  return `<path fill="#f6eee0" d="M${x} ${y}l${size * 0.06} ${-high}h${size * 0.88}l${size * 0.06} ${high}z"/><path fill="#000" opacity=".06" d="M${x + size * 0.62} ${y}l${size * 0.02} ${-high}h${size * 0.3}l${size * 0.06} ${high}z"/>` +
    `<path fill="#9a4636" d="M${x + size * 0.04} ${y - high * 0.88}h${size * 0.92}l-1 ${-high * 0.13}h${-size * 0.92 + 2}z"/><path fill="#fff" d="M${x + size * 0.02} ${y - high}h${size * 0.96}v${-size * 0.05}h${-size * 0.96}z"/>` +
    `<path fill="#5b3a2a" d="${window(0.16, 0.5)}${window(0.43, 0.5)}${window(0.7, 0.5)}${window(0.16, 0.14)}${window(0.7, 0.14)}M${x + size * 0.43} ${y}h${size * 0.16}v${-size * 0.28}h${-size * 0.16}z"/>`;
}

function towers(x, y, size, colours) {
  const high = size * 2.1;
  return tibetan(x, y, size, colours) + `<path fill="#c9a77d" d="M${x + size * 1.12} ${y}l${size * 0.06} ${-high}h${size * 0.26}l${size * 0.06} ${high}z"/><path fill="#000" opacity=".1" d="M${x + size * 1.34} ${y}v${-high}h${size * 0.1}l${size * 0.06} ${high}z"/>` +
    `<path fill="#5b3a2a" opacity=".8" d="M${x + size * 1.28} ${y - high * 0.5}h${size * 0.05}v${-size * 0.14}h${-size * 0.05}zM${x + size * 1.28} ${y - high * 0.78}h${size * 0.05}v${-size * 0.14}h${-size * 0.05}z"/>`;
}

function loess(x, y, size, colours) {
  const wall = mix("#d9a873", colours.ground[1], 0.3);
  const cave = (at) => `M${x + size * at} ${y}v${-size * 0.28}a${size * 0.13} ${size * 0.15} 0 0 1 ${size * 0.26} 0v${size * 0.28}z`;
  return `<path fill="${wall}" d="M${x - size * 0.08} ${y}v${-size * 0.58}q${size * 0.58} ${-size * 0.12} ${size * 1.16} 0v${size * 0.58}z"/><path fill="${mix(wall, "#ffffff", 0.35)}" d="M${x - size * 0.12} ${y - size * 0.55}q${size * 0.62} ${-size * 0.13} ${size * 1.24} 0v${-size * 0.06}q${-size * 0.62} ${-size * 0.13} ${-size * 1.24} 0z"/>` +
    `<path fill="#fdf0d6" d="${cave(0.04)}${cave(0.37)}${cave(0.7)}"/><path fill="#8a4b2c" d="M${x + size * 0.43} ${y}v${-size * 0.3}h${size * 0.14}v${size * 0.3}z"/><path fill="${colours.shade}" opacity=".55" d="M${x + size * 0.1} ${y - size * 0.14}h${size * 0.14}v${-size * 0.14}h${-size * 0.14}zM${x + size * 0.76} ${y - size * 0.14}h${size * 0.14}v${-size * 0.14}h${-size * 0.14}z"/>`;
}

const HOUSES = { south, stilts, tibetan, towers, loess };

/** A round tree or a poplar. */
export function tree(random, x, y, size, colours) {
  const fill = mix(TREE[Math.floor(random() * 3)], colours.near, 0.22);
  const trunk = `<path stroke="#7a5a3c" stroke-width="${Math.max(2, size * 0.09).toFixed(1)}" d="M${x} ${y}v${-Math.round(size * 0.6)}"/>`;
  if (random() < 0.35) return `${trunk}<ellipse cx="${x}" cy="${Math.round(y - size * 0.85)}" rx="${Math.round(size * 0.24)}" ry="${Math.round(size * 0.62)}" fill="${fill}"/>`;
  return `${trunk}<circle cx="${x}" cy="${Math.round(y - size * 0.8)}" r="${Math.round(size * 0.42)}" fill="${fill}"/><circle cx="${Math.round(x - size * 0.12)}" cy="${Math.round(y - size * 0.9)}" r="${Math.round(size * 0.22)}" fill="#fff" opacity=".13"/>`;
}

/** Shorter numbers: half a dot is enough. */
const short = (markup) => markup.replaceAll(/-?\d+\.\d{2,}/g, (number) => String(Math.round(number * 10) / 10));

/** A few houses with trees, from x on, feet round y. */
export function houseRow(style, random, colours, x, y) {
  const house = HOUSES[style];
  const rows = [
    [x + 22, y - 12, 40], [x + 168, y - 14, 44], [x + 88, y - 4, 50], [x - 14, y + 6, 56], [x + 190, y + 8, 58],
  ].slice(style === "towers" ? 1 : 0);
  let drawn = "";
  for (const [left, foot, size] of rows) {
    drawn += tree(random, Math.round(left - 10 - random() * 8), foot + 1, 30 + Math.round(random() * 16), colours);
    drawn += house(left, foot, size, colours);
  }
  return short(`<g>${drawn}${tree(random, x + 262, y + 9, 44, colours)}${tree(random, x + 284, y + 9, 32, colours)}</g>`);
}
