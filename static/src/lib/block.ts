// Addresses and networks read strictly, and the lines that block one. A line is only ever written
// from the numbers that were read, never from the text: what a stranger sent can't be in it.

export interface Network {
  version: 4 | 6;
  /** The address as a number, bits outside the prefix cleared. */
  bits: bigint;
  prefix: number;
}

/** Shorter prefixes are slips rather than attackers: a /7 is 33 million addresses. */
const SHORTEST = { 4: 8, 6: 16 } as const;
/** The longest text that can be an address with a prefix: `ffff:…:255.255.255.255/128`. */
const LONGEST = 49;
const WIDTH = { 4: 32, 6: 128 } as const;
const MAPPED = 0xffffn << 32n;

/** An address or CIDR, or null for anything else: zone ids, ports, blanks, names, numbers with a sign. */
export function parseNetwork(text: string): Network | null {
  if (text.length === 0 || text.length > LONGEST) return null;
  const [address = "", length, ...more] = text.split("/");
  if (more.length > 0) return null;
  let version: 4 | 6 = address.includes(":") ? 6 : 4;
  let bits = version === 6 ? parse6(address) : parse4(address);
  if (bits === null) return null;
  let prefix: number = WIDTH[version];
  if (length !== undefined) {
    if (!/^(0|[1-9]\d{0,2})$/.test(length)) return null;
    prefix = Number(length);
    if (prefix > WIDTH[version]) return null;
  }
  // A socket for both families names IPv4 peers this way; servers and packet filters see the IPv4.
  if (version === 6 && prefix >= 96 && bits >> 32n === 0xffffn) {
    version = 4;
    bits -= MAPPED;
    prefix -= 96;
  }
  if (prefix < SHORTEST[version]) return null;
  const host = BigInt(WIDTH[version] - prefix);
  return { version, bits: (bits >> host) << host, prefix };
}

function parse4(text: string): bigint | null {
  // No leading zeros: some tools read those as octal, and would block someone else.
  const found = /^(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})$/.exec(text);
  if (!found) return null;
  let bits = 0n;
  for (const part of found.slice(1)) {
    if (Number(part) > 255) return null;
    bits = (bits << 8n) | BigInt(part);
  }
  return bits;
}

function parse6(text: string): bigint | null {
  const halves = text.split("::");
  if (halves.length > 2) return null;
  const head = groups(halves[0]!, halves.length === 1);
  const tail = halves.length === 2 ? groups(halves[1]!, true) : [];
  if (!head || !tail) return null;
  const known = head.length + tail.length;
  // `::` stands for at least one group.
  if (halves.length === 2 ? known > 7 : known !== 8) return null;
  const all = [...head, ...Array<number>(8 - known).fill(0), ...tail];
  return all.reduce((bits, group) => (bits << 16n) | BigInt(group), 0n);
}

/** The 16-bit groups of one side of `::`; an IPv4 address may stand at the very end. */
function groups(text: string, last: boolean): number[] | null {
  if (text === "") return [];
  const parts = text.split(":");
  const out: number[] = [];
  for (const [i, part] of parts.entries()) {
    if (last && i === parts.length - 1 && part.includes(".")) {
      const four = parse4(part);
      if (four === null) return null;
      out.push(Number(four >> 16n), Number(four & 0xffffn));
    } else {
      if (!/^[0-9a-f]{1,4}$/i.test(part)) return null;
      out.push(Number.parseInt(part, 16));
    }
  }
  return out;
}

/** The network in its one normal form (RFC 5952), the prefix left out where it is the whole address. */
export function formatNetwork(n: Network): string {
  const address = n.version === 4 ? format4(n.bits) : format6(n.bits);
  return n.prefix === WIDTH[n.version] ? address : `${address}/${n.prefix}`;
}

function format4(bits: bigint): string {
  return [24n, 16n, 8n, 0n].map((shift) => String((bits >> shift) & 0xffn)).join(".");
}

function format6(bits: bigint): string {
  const all = Array.from({ length: 8 }, (_, i) => Number((bits >> BigInt(112 - 16 * i)) & 0xffffn));
  // The first of the longest runs of zeros, if longer than one group.
  let start = -1;
  let length = 1;
  for (let i = 0; i < 8; i++) {
    let n = 0;
    while (i + n < 8 && all[i + n] === 0) n++;
    if (n > length) {
      start = i;
      length = n;
    }
  }
  const hex = (part: number[]) => part.map((g) => g.toString(16)).join(":");
  return start < 0 ? hex(all) : `${hex(all.slice(0, start))}::${hex(all.slice(start + length))}`;
}

export const BLOCKERS = ["nginx", "haproxy", "nftables", "fail2ban"] as const;
export type Blocker = (typeof BLOCKERS)[number];

/** The line that blocks a client or network, ready to be pasted; null for what is neither. */
export function blockLine(blocker: Blocker, value: string): string | null {
  const network = parseNetwork(value);
  if (!network) return null;
  const text = formatNetwork(network);
  switch (blocker) {
    case "nginx":
      return `deny ${text};`;
    case "haproxy":
      return `http-request deny if { src ${text} }`;
    case "nftables":
      // Inserted, not added: in front of the rules that let the web's ports in.
      return `nft insert rule inet filter input ${network.version === 4 ? "ip" : "ip6"} saddr ${text} drop`;
    case "fail2ban":
      // The one jail fail2ban ships that is about an address on all ports, not about one service.
      return `fail2ban-client set recidive banip ${text}`;
  }
}
