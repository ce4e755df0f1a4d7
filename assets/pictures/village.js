// A village in its county's land: sky, mountains, houses, and what its fields look like.
import { chance, curve, fade, glow, layer, mix, svg } from "./drawing.js";
import { FIELDS } from "./fields.js";
import { houseRow } from "./houses.js";
import { PALETTES } from "./palettes.js";

export const [WIDTH, HEIGHT] = [800, 450];

/** Sky, sun and far land: what a village and its cooperative share. */
export function landscape(code, manner, colours, random) {
  const sunAt = [Math.round(180 + random() * 440), Math.round(92 + random() * 40)];
  const cloud = () => {
    const [x, y, long] = [Math.round(random() * 700), Math.round(40 + random() * 80), Math.round(50 + random() * 60)];
    return `<path d="M${x} ${y}h${long}m${-long - 24} 9h${long + 40}"/>`;
  };
  const second = manner === "snow" ? "soft" : manner;
  const box = (top, depth) => ({ width: WIDTH, top, depth });
  return [
    `<defs>${fade("sky", ...colours.sky)}${glow("halo", colours.sun, 1)}${fade("veil", colours.sky[1], colours.sky[1]).replace("<stop ", '<stop stop-opacity="0" ')}</defs>`,
    `<path fill="url(#sky)" d="M0 0h800v450H0z"/>`,
    `<circle cx="${sunAt[0]}" cy="${sunAt[1]}" r="150" fill="url(#halo)"/><circle cx="${sunAt[0]}" cy="${sunAt[1]}" r="40" fill="${colours.sun}"/>`,
    `<g stroke="${colours.sun}" stroke-width="7" stroke-linecap="round" opacity=".75">${cloud()}${cloud()}${cloud()}</g>`,
    layer(manner, random, box(manner === "snow" ? 74 : 112, 110), mix(colours.far, colours.sky[1], 0.42), mix(colours.sun, colours.far, 0.08)),
    layer(second, random, box(168, 86), mix(colours.far, colours.sky[1], 0.1)),
    `<path fill="url(#veil)" opacity=".75" d="M0 160h800v110H0z"/>`,
    layer(second, random, box(222, 60), mix(colours.mid, colours.far, 0.35)),
  ].join("");
}

export function villageScene({ code, palette, manner, field, houses }) {
  const colours = PALETTES[palette];
  const random = chance(`village ${code}`);
  const hill = [[-20, 318], [120, 296], [270, 306], [430, 286], [600, 304], [820, 282]].map(([x, y]) => [x, y + (random() - 0.5) * 16]);
  const left = random() < 0.5;
  return svg(WIDTH, HEIGHT, [
    landscape(code, manner, colours, random),
    `<path fill="${mix(colours.mid, colours.near, 0.35)}" d="${curve(hill)}V450H-20z"/>`,
    houseRow(houses, random, colours, left ? 120 : 430, 300),
    FIELDS[field](random, colours),
    birds(random, colours, left),
  ].join(""));
}

function birds(random, colours, left) {
  const [x, y] = [left ? 560 : 170, 96 + Math.round(random() * 30)];
  const bird = (dx, dy, size) => `M${x + dx} ${y + dy}q${size / 2} ${-size / 2} ${size} 0q${size / 2} ${-size / 2} ${size} 0`;
  return `<path fill="none" stroke="${colours.near}" stroke-width="2.2" stroke-linecap="round" opacity=".7" d="${bird(0, 0, 12)}${bird(34, -14, 9)}${bird(50, 8, 8)}"/>`;
}
