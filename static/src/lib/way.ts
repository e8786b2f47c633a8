// Which way to the server is tried: a WebSocket, or server-sent events where sockets can't open.

export type Kind = "socket" | "stream";

export interface Way {
  /** Sockets in a row that brought nothing. */
  failed: number;
  /** A socket worked before, so that its failing may be the server's and not the way's. */
  worked: boolean;
}

/** Sockets that bring nothing before a stream is tried: with the waits between them, two seconds. */
export const SOCKET_TRIES = 2;

export const FIRST_WAY: Way = { failed: 0, worked: false };

export function choose(way: Way): Kind {
  return way.failed >= SOCKET_TRIES ? "stream" : "socket";
}

/**
 * After an attempt without a greeting. A socket that was taken and kept quiet (`hung`) is a proxy's doing
 * and needs no second try. After a stream it is a socket's turn: whatever blocked those may have passed.
 */
export function failed(way: Way, kind: Kind, hung = false): Way {
  if (kind === "stream") return { ...way, failed: SOCKET_TRIES - 1 };
  return { ...way, failed: hung ? SOCKET_TRIES : way.failed + 1 };
}

/**
 * After a greeting. A stream that opens where sockets used to work says that the server is back: one
 * more socket is worth trying (`again`), and if that one fails the way has changed.
 */
export function greeted(way: Way, kind: Kind): { way: Way; again: boolean } {
  if (kind === "socket") return { way: { failed: 0, worked: true }, again: false };
  if (way.worked) return { way: { failed: SOCKET_TRIES - 1, worked: false }, again: true };
  return { way, again: false };
}

/** Ticks come every second: after so long without one the page is not live. */
export const STALE_MS = 5_000;

/**
 * Whether what is shown may be of before. A replay that has `ended` says nothing more, and is true for as long
 * as the connection is there; of a server that `stopped` nothing more comes either, but it is gone.
 */
export function silent(of: { silentMs: number; open: boolean; ended: boolean; stopped: boolean }): boolean {
  if (of.open && of.ended) return false;
  return of.silentMs > STALE_MS || (of.stopped && !of.open);
}
