// Builds css/ and js/ into dist/ under fixed names: Django's static files storage adds the hashes.
import { copyFileSync, mkdirSync, readFileSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import tailwindcss from "@tailwindcss/vite";
import { defineConfig } from "vite";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const emoji = here("./node_modules/@lobehub/fluent-emoji-3d/assets/");

/** Give each produce code of produce.json its picture: a drawing of ours, or an emoji's. */
function producePictures() {
  return {
    name: "produce-pictures",
    closeBundle() {
      const target = here("./dist/produce/");
      mkdirSync(target, { recursive: true });
      for (const name of readdirSync(here("./produce"))) {
        copyFileSync(here(`./produce/${name}`), target + name);
      }
      const pictures = JSON.parse(readFileSync(here("./produce.json"), "utf8"));
      for (const picture of new Set(Object.values(pictures))) {
        if (!picture.endsWith(".svg")) {
          copyFileSync(`${emoji}${picture}.webp`, `${target}${picture}.webp`);
        }
      }
      copyFileSync(here("./img/favicon.svg"), here("./dist/favicon.svg"));
      copyFileSync(here("./css/style.css"), here("./dist/style.css"));
    },
  };
}

export default defineConfig({
  root: here("."),
  base: "./",
  publicDir: false,
  plugins: [tailwindcss(), producePictures()],
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
