// The English words as a file of their own: vite.config.ts builds it from a copy of the same modules, of
// which it needs one half.

export { en } from "./all";
