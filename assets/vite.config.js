// Builds css/ and js/ into dist/ under fixed names: Django's static files storage adds the hashes.
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import tailwindcss from "@tailwindcss/vite";
import { defineConfig } from "vite";
import { layOutPictures } from "./pictures/build.js";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

/** Lay out the illustrations of pictures.json, and what is served as it is. */
function pictures() {
  return {
    name: "pictures",
    async closeBundle() {
      await layOutPictures(here("./dist/"));
      copyFileSync(here("./img/favicon.svg"), here("./dist/favicon.svg"));
      // Fetched by player.js, when there is something to play; without the map that it names.
      const hls = readFileSync(here("./node_modules/hls.js/dist/hls.light.min.mjs"), "utf8");
      writeFileSync(here("./dist/hls.js"), hls.replace(/\n\/\/# sourceMappingURL=.*\s*$/, "\n"));
      const styles = ["style", "staff", "sheet", "room", "screen"].map((name) => `css/${name}.css`);
      const scripts = ["wording", "words", "room", "desk", "screen", "player", "replay"].map((name) => `js/${name}.js`);
      for (const plain of [...styles, ...scripts]) {
        copyFileSync(here(`./${plain}`), here(`./dist/${plain.split("/")[1]}`));
      }
    },
  };
}

export default defineConfig({
  root: here("."),
  base: "./",
  publicDir: false,
  plugins: [tailwindcss(), pictures()],
  build: {
    outDir: "dist",
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: false,
    rollupOptions: {
      input: { shop: here("./js/shop.js"), pay: here("./js/pay.js"), styles: here("./css/shop.css") },
      output: {
        entryFileNames: "[name].js",
        chunkFileNames: "[name].js",
        assetFileNames: ({ names }) => (names.some((n) => n.endsWith(".css")) ? "shop.css" : "[name][extname]"),
      },
    },
  },
});
