// A cooperative: its packing house before the village's land, crates with what it sells.
import { chance, curve, mix, svg } from "./drawing.js";
import { tree } from "./houses.js";
import { PALETTES } from "./palettes.js";
import { HEIGHT, WIDTH, landscape } from "./village.js";

/** A crate of slats, `width` wide, with its goods looking out of it. */
function crate(x, foot, width, thing, random) {
  const high = Math.round(width * 0.5);
  const top = foot - high;
  const size = Math.round(width * 0.42);
  let goods = "";
  for (let at = 0; at < 3; at += 1) goods += `<use href="#${thing}" x="${Math.round(x + width * (0.03 + at * 0.26))}" y="${Math.round(top - size * (0.56 + (at === 1 ? 0.14 : 0) + random() * 0.05))}" width="${size}" height="${size}"/>`;
  const slat = Math.round(high / 3);
  const slats = [0, 1, 2].map((at) => `<path fill="${["#d9ab73", "#cf9d63", "#c49055"][at]}" d="M${x} ${top + at * slat}h${width}v${slat - 3}h${-width}z"/>`).join("");
  return `<ellipse cx="${Math.round(x + width / 2 + 6)}" cy="${foot}" rx="${Math.round(width * 0.6)}" ry="${Math.round(width * 0.07)}" opacity=".18"/><path fill="#8b5f35" d="M${x + 3} ${top + 2}h${width - 6}v${high - 4}h${-width + 6}z"/>${goods}${slats}<path fill="#a9763f" d="M${x} ${top - 3}h9v${high + 1}h-9zM${x + width - 9} ${top - 3}h9v${high + 1}h-9z"/>`;
}

export function cooperativeScene({ code, palette, manner }, goods) {
  const colours = PALETTES[palette];
  const random = chance(`village ${code}`);
  const far = landscape(code, manner, colours, random);
  const yard = [[-20, 330], [200, 322], [420, 326], [640, 320], [820, 328]];
  const wall = mix("#fbf4e6", colours.ground[0], 0.35);
  const roof = mix(colours.near, "#8a4f3c", 0.35);
  const tiles = Array.from({ length: 11 }, (_, at) => `M${245 + at * 31} 197l${Math.round((at - 5) * 4)} 45`).join("");
  return svg(WIDTH, HEIGHT, [
    far,
    `<defs>${goods.map((inside, at) => `<symbol id="g${at}" viewBox="0 0 256 256">${inside.replaceAll(/o-(\w)/g, `o${at}-$1`)}</symbol>`).join("")}</defs>`,
    `<path fill="${mix(colours.mid, "#93ac76", 0.4)}" d="${curve([[-20, 292], [150, 280], [400, 290], [640, 276], [820, 290]])}V450H-20z"/>`,
    tree(random, 96, 318, 88, colours), tree(random, 150, 322, 58, colours), tree(random, 668, 318, 96, colours), tree(random, 726, 324, 60, colours),
    `<path fill="${colours.ground[0]}" d="${curve(yard)}V450H-20z"/><path fill="${colours.ground[1]}" opacity=".7" d="${curve([[-20, 396], [200, 386], [420, 390], [640, 382], [820, 392]])}V450H-20z"/>`,
    `<path fill="${wall}" d="M204 340V240h392v100z"/><path fill="#000" opacity=".08" d="M204 242h392v16H204z"/>`,
    `<path fill="${mix(colours.shade, "#3a2c22", 0.5)}" opacity=".9" d="M300 340v-74h200v74z"/><path fill="#ffdf9e" opacity=".5" d="M318 340v-60h164v60z"/><path fill="#b98a55" d="M318 302h164v5H318zM318 324h164v5H318z"/>`,
    `<g fill="#c99a5f">${[330, 366, 402, 438].map((x) => `<path d="M${x} 284h28v18h-28zM${x + 4} 308h28v16h-28z"/>`).join("")}</g>`,
    `<path fill="${mix(colours.near, colours.shade, 0.2)}" opacity=".8" d="M228 272h48v34h-48zM524 272h48v34h-48z"/><path stroke="${wall}" stroke-width="3" d="M252 272v34M228 289h48M548 272v34M524 289h48"/>`,
    `<path fill="${roof}" d="M182 246l44-54h348l44 54z"/><path stroke="#000" stroke-opacity=".1" stroke-width="3" d="${tiles}"/><path fill="${mix(roof, "#ffffff", 0.22)}" d="M222 188h356v9H222z"/>`,
    `<path fill="#000" opacity=".12" d="M190 340h420v5H190z"/>`,
    crate(232, 378, 92, "g1", random), crate(470, 376, 92, "g0", random),
    crate(330, 418, 132, "g0", random), crate(140, 424, 116, "g0", random), crate(530, 424, 120, "g1", random),
  ].join(""));
}
