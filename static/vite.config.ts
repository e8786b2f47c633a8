import { defineConfig } from "vite";

// Relative addresses, so that the page works behind a proxy under any path.
export default defineConfig({
  base: "./",
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
  },
});
