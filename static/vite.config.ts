import { defineConfig, type Plugin } from "vite";

/**
 * English and Korean stand side by side in one file, where they are easily kept in step. A browser needs
 * one of them: what `english.ts` and `korean.ts` import is a copy for each, without the half it does not use.
 */
const languages: Plugin = {
  name: "languages",
  apply: "build",
  enforce: "pre",
  async resolveId(source, importer) {
    const language = importer && /words\/(english|korean)\.ts$|words\/\w+\.ts\?(english|korean)$/.exec(importer);
    if (!language || !source.startsWith(".")) return null;
    const found = await this.resolve(source, importer.replace(/\?\w+$/, ""), { skipSelf: true });
    return found && /\/words\//.test(found.id) ? `${found.id}?${language[1] ?? language[2]}` : found;
  },
};

// Relative addresses, so that the page works behind a proxy under any path.
export default defineConfig({
  base: "./",
  plugins: [languages],
  // `npm run dev` beside a running `tapline`: the page reloads as it is edited, over real data.
  server: {
    proxy: { "/api": { target: "http://127.0.0.1:8514", changeOrigin: true, ws: true, rewriteWsOrigin: true } },
  },
  build: {
    target: "es2022",
    modulePreload: { polyfill: false },
    // A data: script or style would be refused by the page's own policy.
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    rolldownOptions: { input: ["index.html", "login.html"] },
  },
});
