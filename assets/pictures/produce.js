// A produce on its table, its county's land behind it.
import { chance, curve, fade, glow, layer, mix, svg } from "./drawing.js";
import { PALETTES } from "./palettes.js";

const [WIDTH, HEIGHT] = [400, 300];

/** Where the pieces lie, the hindmost first: [centre x, foot y, size, turned by degrees]. */
const HEAPS = {
  one: [[200, 242, 180, 0]],
  two: [[246, 218, 124, 8], [172, 243, 160, -5]],
  three: [[120, 219, 108, -10], [281, 220, 112, 10], [200, 247, 158, 0]],
  five: [[156, 199, 84, -8], [241, 199, 86, 8], [112, 225, 98, -12], [288, 227, 100, 11], [200, 247, 138, 0]],
};

/** `symbol`: markup of a 256 × 256 drawing; `plan`: {code, palette, heap, manner}. */
export function produceScene({ code, palette, heap, manner }, symbol) {
  const colours = PALETTES[palette];
  const random = chance(`produce ${code}`);
  const pieces = HEAPS[heap ?? "one"];
  const haze = mix(colours.far, colours.sky[1], 0.5);
  const body = [
    `<defs>${fade("sky", ...colours.sky)}${fade("table", ...colours.ground)}${fade("veil", colours.sky[1], colours.sky[1]).replace("<stop ", '<stop stop-opacity="0" ')}`,
    `${glow("halo", colours.sun, 1)}${glow("shade", colours.shade, 0.46)}<symbol id="thing" viewBox="0 0 256 256">${symbol}</symbol></defs>`,
    `<path fill="url(#sky)" d="M0 0h400v300H0z"/>`,
    `<circle cx="200" cy="128" r="150" fill="url(#halo)"/><circle cx="200" cy="126" r="92" fill="${colours.sun}" opacity=".62"/>`,
    layer(manner, random, { width: WIDTH, top: 92, depth: 72 }, mix(haze, colours.far, 0.25), mix(colours.sun, haze, 0.15)),
    layer(manner === "snow" ? "soft" : manner, random, { width: WIDTH, top: 134, depth: 46 }, mix(colours.far, colours.sky[1], 0.22)),
    layer("soft", random, { width: WIDTH, top: 158, depth: 30 }, mix(colours.mid, colours.far, 0.45)),
    `<path fill="url(#veil)" opacity=".6" d="M0 120h400v80H0z"/>`,
    `<path fill="url(#table)" d="${curve([[-10, 204], [90, 193], [200, 189], [310, 193], [410, 204]])}V300H-10z"/>`,
    `<path fill="none" stroke="#fff" stroke-opacity=".45" stroke-width="1.5" d="${curve([[-10, 205], [90, 194], [200, 190], [310, 194], [410, 205]])}"/>`,
    ...pieces.map(([x, foot, size]) => `<ellipse cx="${x + 5}" cy="${foot - 1}" rx="${Math.round(size * 0.56)}" ry="${Math.round(size * 0.115)}" fill="url(#shade)"/>`),
    ...pieces.map(([x, foot, size, turned]) => {
      const turn = turned ? ` transform="rotate(${turned} ${x} ${foot - size / 2})"` : "";
      return `<use href="#thing" x="${Math.round(x - size / 2)}" y="${Math.round(foot - size * 0.965)}" width="${size}" height="${size}"${turn}/>`;
    }),
  ];
  return svg(WIDTH, HEIGHT, body.join(""));
}
