// Lays out dist/pictures: one SVG for pages and one JPEG for share cards of everything planned in
// pictures.json. What was drawn before with the same words is taken from the cache.
import { createHash } from "node:crypto";
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import sharp from "sharp";
import { cooperativeScene } from "./cooperative.js";
import { produceScene } from "./produce.js";
import { villageScene } from "./village.js";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const emoji = here("../node_modules/@lobehub/fluent-emoji-3d/assets/");
const cache = here("../node_modules/.cache/pictures/");
const WIDTH = 1200;
const JPEG = { quality: 86, mozjpeg: false, chromaSubsampling: "4:4:4" };

const embedded = (type, picture) => `<image width="256" height="256" href="data:image/${type};base64,${picture.toString("base64")}"/>`;

/** A drawing of ours or an emoji as the inside of a 256 × 256 symbol: {page, print}. */
async function symbolOf(thing, size = 256) {
  if (thing.endsWith(".svg")) {
    const inside = readFileSync(here(`../produce/${thing}`), "utf8").replace(/^[^>]*>|<\/svg>\s*$/g, "");
    const drawn = inside.replaceAll(/id="(\w+)"/g, 'id="o-$1"').replaceAll("url(#", "url(#o-").replaceAll(/\s*\n\s*/g, "");
    return { page: drawn, print: drawn };
  }
  const original = readFileSync(`${emoji}${thing}.webp`);
  const small = size < 256 ? await sharp(original).resize(size).webp({ quality: 72 }).toBuffer() : original;
  // The library that draws the JPEG does not read WebP inside an SVG.
  return { page: embedded("webp", small), print: embedded("png", await sharp(original).png().toBuffer()) };
}

/** Draw one: its SVG as it is, its JPEG unless the same was drawn before. */
async function layOut(target, name, draw, things) {
  const scene = draw(things.map((thing) => thing.page));
  writeFileSync(`${target}${name}.svg`, scene);
  const key = createHash("sha256").update(`${sharp.versions.sharp} ${WIDTH} ${JSON.stringify(JPEG)} ${scene}`).digest("hex").slice(0, 24);
  const kept = `${cache}${key}.jpg`;
  if (!existsSync(kept)) {
    const print = Buffer.from(draw(things.map((thing) => thing.print)));
    await sharp(print).resize({ width: WIDTH }).jpeg(JPEG).toFile(kept);
  }
  copyFileSync(kept, `${target}${name}.jpg`);
}

/** Everything that pictures.json plans, into `dist`. */
export async function layOutPictures(dist) {
  const plan = JSON.parse(readFileSync(here("../pictures.json"), "utf8"));
  const jobs = [];
  mkdirSync(cache, { recursive: true });
  for (const group of ["produce", "village", "cooperative"]) mkdirSync(`${dist}pictures/${group}/`, { recursive: true });
  for (const [code, each] of Object.entries(plan.produce)) {
    const draw = ([thing]) => produceScene({ code, ...each }, thing);
    jobs.push(layOut(`${dist}pictures/produce/`, code, draw, [await symbolOf(each.thing)]));
  }
  for (const [code, each] of Object.entries(plan.villages)) {
    jobs.push(layOut(`${dist}pictures/village/`, code, () => villageScene({ code, ...each }), []));
    const goods = await Promise.all(each.goods.map((thing) => symbolOf(thing, 96)));
    jobs.push(layOut(`${dist}pictures/cooperative/`, code, (things) => cooperativeScene({ code, ...each }, things), goods));
  }
  await Promise.all(jobs);
}
