// What all scenes are drawn with: chance that repeats itself, smooth lines, layers of land.

/** Numbers from 0 to 1 that are the same for the same words. */
export function chance(words) {
  let state = 2166136261;
  for (const letter of words) state = Math.imul(state ^ letter.codePointAt(0), 16777619);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

const dot = (number) => Math.round(number);

/** A smooth line through points [x, y]. */
export function curve(points) {
  let path = `M${dot(points[0][0])} ${dot(points[0][1])}`;
  for (let at = 0; at < points.length - 1; at += 1) {
    const [before, from, to, after] = [points[at - 1] ?? points[at], points[at], points[at + 1], points[at + 2] ?? points[at + 1]];
    path += `C${dot(from[0] + (to[0] - before[0]) / 6)} ${dot(from[1] + (to[1] - before[1]) / 6)} `;
    path += `${dot(to[0] - (after[0] - from[0]) / 6)} ${dot(to[1] - (after[1] - from[1]) / 6)} ${dot(to[0])} ${dot(to[1])}`;
  }
  return path;
}

/** The same line, closed along the picture's lower edge. */
export const land = (points, width, height) => `${curve(points)}V${height}H${points[0][0] < 0 ? -9 : 0}z`;

const ROUGH = {
  // Round towers of limestone, close together.
  karst(random, { width, top, depth }) {
    const points = [[-20, top + depth]];
    let x = -10 - random() * 40;
    while (x < width + 20) {
      const span = 46 + random() * 62;
      const high = depth * (0.35 + random() * 0.65);
      points.push([x + span * 0.08, top + depth - high * 0.55], [x + span * 0.32, top + depth - high * 0.96]);
      points.push([x + span * 0.55, top + depth - high], [x + span * 0.86, top + depth - high * 0.5], [x + span, top + depth * 0.94]);
      x += span * 0.98;
    }
    return points;
  },
  // Long soft backs.
  soft(random, { width, top, depth }) {
    const points = [];
    for (let x = -40; x < width + 160; x += 90 + random() * 60) points.push([x, top + depth * (0.1 + random() * 0.8)]);
    return points;
  },
  // Loess: flat crowns, cut by gullies.
  loess(random, { width, top, depth }) {
    const points = [];
    let x = -40;
    while (x < width + 60) {
      const y = top + depth * random() * 0.45;
      const flat = 70 + random() * 90;
      points.push([x, y + 5], [x + flat * 0.5, y], [x + flat, y + 5], [x + flat + 16, y + depth * (0.35 + random() * 0.35)]);
      x += flat + 40;
    }
    return points;
  },
};

/** Snow peaks: straight edges, and their white caps. */
function peaks(random, { width, top, depth }, fill, snow) {
  let shape = `M-9 ${dot(top + depth)}`;
  let caps = "";
  let x = -60 - random() * 60;
  while (x < width + 40) {
    const half = 70 + random() * 65;
    const y = top + depth * random() * 0.45;
    const foot = top + depth * (0.75 + random() * 0.2);
    shape += `L${dot(x + half)} ${dot(y)}L${dot(x + half * 1.9)} ${dot(foot)}`;
    const down = (foot - y) * 0.34;
    const side = half * 0.34;
    caps += `M${dot(x + half)} ${dot(y)}l${dot(-side)} ${dot(down)}l${dot(side * 0.55)} ${dot(-down * 0.22)}l${dot(side * 0.4)} ${dot(down * 0.4)}l${dot(side * 0.35)} ${dot(-down * 0.42)}l${dot(side * 0.56)} ${dot(down * 0.2)}z`;
    x += half * 1.55;
  }
  return `<path fill="${fill}" d="${shape}V999H-9z"/>` + (snow ? `<path fill="${snow}" d="${caps}"/>` : "");
}

/** One layer of land in a county's manner; `box`: {width, top, depth}. */
export function layer(manner, random, box, fill, snow) {
  if (manner === "snow") return peaks(random, box, fill, snow);
  const points = (ROUGH[manner] ?? ROUGH.soft)(random, box);
  return `<path fill="${fill}" d="${land(points, box.width, 999)}"/>`;
}

/** Mix two colours "#rrggbb"; share 0 is the first, 1 the second. */
export function mix(first, second, share) {
  const parts = (colour) => [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
  const other = parts(second);
  return `#${parts(first).map((value, at) => dot(value + (other[at] - value) * share).toString(16).padStart(2, "0")).join("")}`;
}

/** A gradient from top to bottom. */
export const fade = (id, ...colours) =>
  `<linearGradient id="${id}" x1="0" y1="0" x2="0" y2="1">${colours.map((colour, at) => `<stop${at ? ` offset="${+(at / (colours.length - 1)).toFixed(2)}"` : ""} stop-color="${colour}"/>`).join("")}</linearGradient>`;

/** A soft spot: `colour` in the middle, nothing at its edge. */
export const glow = (id, colour, strength) =>
  `<radialGradient id="${id}"><stop stop-color="${colour}" stop-opacity="${strength}"/><stop offset=".6" stop-color="${colour}" stop-opacity="${+(strength * 0.45).toFixed(2)}"/><stop offset="1" stop-color="${colour}" stop-opacity="0"/></radialGradient>`;

export const svg = (width, height, body) =>
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width * 2}" height="${height * 2}">${body}</svg>`;
