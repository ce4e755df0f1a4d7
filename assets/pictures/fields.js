// The fields in front of a village, from about y = 300 down to the lower edge at 450.
import { curve, mix } from "./drawing.js";
import { tree } from "./houses.js";

const wave = (y, swing, phase) => [-20, 140, 300, 460, 620, 820].map((x, at) => [x, y + Math.sin(at * 1.25 + phase) * swing]);
const band = (points, fill, extra = "") => `<path fill="${fill}" d="${curve(points)}V450H-20z"${extra}/>`;

/** Terraces one below the other; `fills`: the colours in turn. */
function steps(random, colours, fills, edge) {
  const phase = random() * 6;
  return [322, 344, 368, 394, 422].map((y, at) => {
    const points = wave(y, 9 + at * 2, phase + at * 0.5);
    return band(points, fills[at % fills.length]) + `<path fill="none" stroke="${edge}" stroke-width="${2 + at * 0.4}" d="${curve(points)}"/>`;
  }).join("");
}

/** Small strokes along the terraces: plants. */
function plants(random, fill, from, to, count, size) {
  let path = "";
  for (let at = 0; at < count; at += 1) {
    const y = from + ((to - from) * (at + random())) / count;
    const high = Math.round(size * (0.6 + ((y - from) / (to - from)) * 0.9));
    path += `M${Math.round(random() * 800)} ${Math.round(y)}q${Math.round(high / 3)} ${-high} ${high} ${-high}q${-Math.round(high / 2)} 0 ${-high} ${high}q${-Math.round(high / 2)} ${-high} ${-high} ${-Math.round(high * 0.8)}q${high} 0 ${high} ${Math.round(high * 0.8)}`;
  }
  return `<path fill="${fill}" d="${path}"/>`;
}

const water = (colours) => mix(colours.sky[0], "#cfe3e6", 0.5);

export const FIELDS = {
  /** Flooded rice terraces that hold the sky. */
  paddies(random, colours) {
    const green = mix("#9bb065", colours.ground[1], 0.45);
    return steps(random, colours, [water(colours), green, mix(water(colours), colours.sun, 0.35), mix(green, colours.near, 0.2), water(colours)], mix(colours.near, "#7c8a4a", 0.4)) +
      `<path fill="none" stroke="#fff" stroke-opacity=".6" stroke-width="2.2" stroke-linecap="round" d="M90 334h40M520 330h56M250 384h64M660 380h48M120 440h80M430 436h60M690 432h44"/>`;
  },
  terraces(random, colours) {
    return steps(random, colours, [colours.ground[0], mix(colours.ground[1], "#a9b06a", 0.45), colours.ground[1], mix(colours.mid, "#a9b06a", 0.4), mix(colours.ground[1], colours.mid, 0.35)], mix(colours.near, colours.mid, 0.4)) +
      plants(random, mix("#6c7f45", colours.near, 0.25), 350, 446, 34, 7);
  },
  /** Hedges of tea in rows that follow the slope. */
  tea(random, colours) {
    const phase = random() * 6;
    let rows = "";
    for (let at = 0; at < 8; at += 1) {
      const y = 318 + at * 13 + at * at * 0.9;
      const thick = 7 + at * 1.7;
      const path = curve(wave(y, 8 + at * 1.5, phase + at * 0.18));
      rows += `<path fill="none" stroke="${mix(colours.near, "#3f6b3a", 0.35)}" stroke-width="${thick + 3}" d="${path}"/><path fill="none" stroke="${mix("#7fa860", colours.mid, 0.3)}" stroke-width="${thick}" stroke-dasharray="1 ${Math.round(thick * 0.9)}" stroke-linecap="round" d="${path}"/>`;
    }
    return band(wave(312, 8, phase), mix(colours.mid, "#8fb070", 0.5)) + rows;
  },
  /** A river between meadows. */
  river(random, colours) {
    const meadow = mix(colours.ground[1], "#9dbb78", 0.5);
    return band(wave(318, 8, 1), meadow) +
      `<path fill="${water(colours)}" d="M470 318C430 336 300 338 290 358C280 382 520 384 560 408C590 428 480 440 380 452H760C800 420 700 392 600 378C500 364 400 356 440 344C480 334 520 330 510 318z"/>` +
      `<path fill="none" stroke="#fff" stroke-opacity=".7" stroke-width="2.5" stroke-linecap="round" d="M420 352h34M470 386h60M600 412h64M540 434h46"/>` +
      plants(random, mix("#6b8f52", colours.near, 0.3), 334, 446, 30, 8) + tree(random, 90, 420, 62, colours) + tree(random, 142, 434, 48, colours) + tree(random, 716, 362, 44, colours);
  },
  /** Fruit trees in rows. */
  orchard(random, colours) {
    const fruit = mix(colours.near, "#d7503a", 0.75);
    let trees = "";
    for (const [y, size, gap, shift] of [[342, 34, 78, 20], [382, 46, 102, 62], [436, 64, 138, 10]]) {
      for (let x = shift; x < 800; x += gap) {
        const at = Math.round(x + (random() - 0.5) * 14);
        trees += `<ellipse cx="${at + 4}" cy="${y}" rx="${Math.round(size * 0.5)}" ry="${Math.round(size * 0.11)}" fill="${colours.shade}" opacity=".16"/><path stroke="#7a5a3c" stroke-width="${Math.round(size * 0.1)}" d="M${at} ${y}v${-Math.round(size * 0.5)}"/><use href="#crown" x="${Math.round(at - size * 0.6)}" y="${Math.round(y - size * 1.3)}" width="${Math.round(size * 1.2)}" height="${size}"/>`;
      }
    }
    const leaf = mix("#6f9a58", colours.near, 0.2);
    return `<symbol id="crown" viewBox="0 0 60 50"><path fill="${leaf}" d="M12 46C0 44-1 28 9 25C8 12 22 4 31 10C41 2 56 12 51 24C62 30 58 46 46 46z"/><path fill="#fff" opacity=".14" d="M14 24c2-10 12-14 18-9c-8 0-14 4-18 9z"/><g fill="${fruit}"><circle cx="17" cy="34" r="3.6"/><circle cx="31" cy="22" r="3.6"/><circle cx="43" cy="34" r="3.6"/><circle cx="30" cy="38" r="3.2"/></g></symbol>` +
      band(wave(316, 8, 2), mix(colours.ground[0], "#b9c98a", 0.45)) + band(wave(352, 8, 3), mix(colours.ground[1], "#b0c284", 0.4)) + band(wave(396, 9, 4), mix(colours.ground[1], "#a3b877", 0.5)) + trees;
  },
  /** Noodles drying in the sun. */
  racks(random, colours) {
    let racks = "";
    for (const [x, y, size] of [[96, 356, 0.8], [310, 350, 0.75], [560, 354, 0.8], [190, 412, 1.15], [470, 416, 1.2]]) {
      const strands = Array.from({ length: 15 }, (_, at) => `M${16 + at * 8} 12v${44 + Math.round(random() * 12)}`).join("");
      racks += `<g transform="translate(${x} ${y - 60 * size}) scale(${size})"><ellipse cx="74" cy="76" rx="86" ry="7" fill="${colours.shade}" opacity=".16"/><path stroke="#8b6340" stroke-width="5" stroke-linecap="round" d="M6 76V4M142 76V4M0 11h148"/><path stroke="#fff6e2" stroke-width="5" d="${strands}"/><path stroke="#dcbc93" stroke-width="1.4" d="${strands}"/></g>`;
    }
    return band(wave(318, 7, 1), colours.ground[0]) + band(wave(362, 8, 2.4), mix(colours.ground[0], colours.ground[1], 0.5)) + band(wave(424, 8, 4), colours.ground[1]) + racks + plants(random, mix("#8a9a58", colours.near, 0.3), 366, 446, 16, 9);
  },
  /** A pasture with a fence and flowers. */
  meadow(random, colours) {
    const green = mix(colours.ground[1], "#a3bb7c", 0.55);
    let flowers = "";
    for (let at = 0; at < 46; at += 1) flowers += `<circle cx="${Math.round(random() * 800)}" cy="${Math.round(352 + random() * 94)}" r="${(1.8 + random() * 1.8).toFixed(1)}"/>`;
    const posts = Array.from({ length: 12 }, (_, at) => `M${at * 74 - 8} ${Math.round(386 - Math.sin(at * 0.7) * 8)}v-32`).join("");
    const rail = (up) => curve(Array.from({ length: 12 }, (_, at) => [at * 74 - 8, 386 - Math.sin(at * 0.7) * 8 - up]));
    return band(wave(318, 9, 0.5), green) + band(wave(362, 10, 2), mix(green, colours.near, 0.12)) +
      `<path fill="none" stroke="#9a7a58" stroke-width="4" stroke-linecap="round" d="${posts}${rail(25)}${rail(12)}"/>` + band(wave(412, 10, 3.4), mix(green, colours.near, 0.22)) +
      `<g fill="${colours.sun}">${flowers}</g>` + plants(random, mix("#7d9a58", colours.near, 0.3), 392, 446, 22, 9);
  },
  /** Ripe barley. */
  barley(random, colours) {
    const gold = mix("#d9b25c", colours.ground[1], 0.25);
    let ears = "";
    for (let at = 0; at < 90; at += 1) {
      const [x, high] = [Math.round(at * 9 + random() * 8 - 8), Math.round(34 + random() * 30)];
      ears += `M${x} 452q${Math.round(random() * 6 - 3)} ${-Math.round(high / 2)} ${Math.round(random() * 8 - 2)} ${-high}`;
    }
    return band(wave(318, 8, 1), mix(gold, colours.mid, 0.35)) + band(wave(354, 9, 2), mix(gold, colours.mid, 0.18)) + band(wave(396, 9, 3.2), mix(gold, colours.sun, 0.18)) +
      `<path fill="none" stroke="${mix(gold, "#7a5a20", 0.4)}" stroke-width="1.6" d="${ears}"/><path fill="none" stroke="${mix(gold, "#fff4cf", 0.35)}" stroke-width="5" stroke-linecap="round" stroke-dasharray="13 200" d="${ears.replaceAll(/M(-?\d+) 452q(-?\d+) (-?\d+) (-?\d+) (-?\d+)/g, (_, x, a, b, c, d) => `M${+x + +c} ${452 + +d}q${-(c - a)} ${-(d - b)} ${-c} ${-d}`)}"/>`;
  },
  /** Furrows that run towards the hills. */
  rows(random, colours) {
    const soil = mix(mix(colours.ground[1], "#b58f67", 0.55), colours.near, 0.12);
    let furrows = "";
    for (let at = -9; at <= 9; at += 1) furrows += `M${400 + at * 34} 330Q${400 + at * 62} 380 ${400 + at * 128} 460`;
    return band(wave(320, 6, 1), mix(colours.ground[0], "#b4c487", 0.35)) + band(wave(334, 5, 2), soil) +
      `<path fill="none" stroke="${mix("#74985a", colours.near, 0.2)}" stroke-width="9" stroke-linecap="round" stroke-dasharray="3 11" d="${furrows}"/><path fill="none" stroke="${mix("#9dbd78", colours.sun, 0.2)}" stroke-width="4" stroke-linecap="round" stroke-dasharray="2 12" d="${furrows}"/>` + tree(random, 60, 356, 50, colours) + tree(random, 752, 352, 44, colours);
  },
};
