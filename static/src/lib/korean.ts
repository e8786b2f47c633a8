// The Korean words as a file of their own: vite.config.ts builds it from a second copy of the same
// modules, of which it needs the other half.

export { ko } from "./i18n";
