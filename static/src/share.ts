// A share link: the page's address with a token behind the `#`, which no browser sends anywhere. It is
// exchanged for a cookie, and taken out of the address at once.

import { address } from "./lib/api";

const START = "#share=";

/** What became of the token in the address; an unreachable server makes it `over` as well. */
export async function takeShare(): Promise<"none" | "taken" | "over"> {
  if (!location.hash.startsWith(START)) return "none";
  const token = location.hash.slice(START.length);
  // First of all: neither the history nor whoever looks over a shoulder needs it.
  history.replaceState(history.state, "", location.pathname + location.search);
  try {
    const answer = await fetch(address("shares/open"), {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ token }),
    });
    return answer.ok ? "taken" : "over";
  } catch {
    return "over";
  }
}
