import { defineConfig } from "vite";

// Relative addresses, so that the page works behind a proxy under any path.
export default defineConfig({
  base: "./",
  build: {
    target: "es2022",
    modulePreload: { polyfill: false },
    // A data: script or style would be refused by the page's own policy.
    assetsInlineLimit: 0,
    reportCompressedSize: false,
  },
});
