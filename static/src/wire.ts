// Written from src/aggregate/wire/ by `TAPLINE_BLESS=1 cargo test wire_types`; a test fails when they differ.

export type ServerMessage = { "type": "hello" } & Hello | { "type": "subscribed" } & Subscribed | { "type": "snapshot" } & Snapshot | { "type": "tick" } & Tick | { "type": "tail" } & Tail | { "type": "anomaly" } & AnomalyTold | { "type": "lag" } & Lag | { "type": "problem" } & Problem | { "type": "forgotten" } & Forgotten | { "type": "bye" } & Bye;

export type Hello = { seq: number, 
/**
 * Tells this run of the server from the one before: `seq` starts anew with it.
 */
boot: string, version: string, 
/**
 * How often this run was told to forget a client that something named: a page that saw another number
 * in it may still name one.
 */
forgets: number, 
/**
 * Server clock, epoch milliseconds.
 */
now_ms: number, 
/**
 * True while the traffic is made up by `tapline demo`.
 */
demo: boolean, 
/**
 * The only site that is told of, to a guest; null for whoever may see all.
 */
site: string | null, listeners: Array<ListenerInfo>, 
/**
 * What to paste, by sender; the same text as `tapline snippet`.
 */
snippets: Array<Snippet>, 
/**
 * The bounds between the latency bands, seconds, rising: one fewer than there are bands.
 */
bands_s: Array<number>, geo: GeoInfo, };

export type Snippet = { 
/**
 * `nginx`, `apache`, …
 */
sender: string, text: string, };

export type Subscribed = { seq: number, };

export type Snapshot = { seq: number, 
/**
 * The filter in its normal form; empty for everything.
 */
filter: string, window_s: number, series: Series, status: Status, 
/**
 * Newest last.
 */
tail: Array<EventRow>, 
/**
 * How many matched while those of `tail` came: as many, or more where they are a sample.
 */
tail_matched: number, 
/**
 * Those that go on, and the newest that are over, whatever the filter: the oldest first, with few of
 * their lines.
 */
anomalies: Array<Anomaly>, };

export type Tick = { seq: number, 
/**
 * The second that closed.
 */
point: Point, 
/**
 * Earlier seconds to which late lines came: whole replacements, oldest first.
 */
corrections: Array<Point>, status: Status, };

export type Status = { summary: Summary, sources: Array<SourceInfo>, listeners: Array<ListenerInfo>, kept: Kept, 
/**
 * Distinct visitors of the last five minutes, under the filter.
 */
visitors_now: number, 
/**
 * Deploys and other marks of the operator, oldest first, the newest hundred.
 */
markers: Array<Marker>, 
/**
 * What is replayed is over: nothing more comes, and the server's clock stands where it is.
 */
ended: boolean, };

export type Kept = { 
/**
 * Epoch second of the oldest event kept; null while nothing is.
 */
oldest: number | null, events: number, bytes: number, budget_bytes: number, };

export type Tail = { seq: number, events: Array<EventRow>, 
/**
 * How many matched in that second, but for those that were told while it was open; `events` is a sample
 * that keeps every error it can.
 */
matched: number, 
/**
 * Their second is not over: no tick has counted them yet, and more of it comes. `seq` is the last tick's.
 */
open: boolean, };

export type Lag = { seq: number, missed: number, };

export type Problem = { seq: number, code: string, message: string, hint: string, };

export type Forgotten = { seq: number, };

export type Bye = { seq: number, reason: string, };

export type ClientMessage = { "type": "subscribe", filter: string, 
/**
 * Seconds shown, 60 to 86,400; 900 where absent.
 */
window_s: number, 
/**
 * `tick`, `tail` and `bands` (latency bands of every step); `tick` and `tail` where empty.
 */
topics: Array<string>, 
/**
 * The lists wanted, each as `list`, `list:by` or `list:by:rows`, e.g. `paths:bytes:12`; the
 * usual ones where empty.
 */
panels: Array<string>, 
/**
 * Takes snapshots and ticks as binary messages where they are long: raw deflate (RFC 1951) of one or
 * more messages, a line feed behind each. False where absent: all messages are text.
 */
deflate: boolean, } | { "type": "pause" } | { "type": "resume" };

export type Point = { 
/**
 * Epoch second it starts at.
 */
t: number, requests: number, s1xx: number, s2xx: number, s3xx: number, s4xx: number, s5xx: number, bytes_out: number, bytes_in: number, 
/**
 * Seconds; null where no request of the step had a time.
 */
p50_s: number | null, p95_s: number | null, p99_s: number | null, mean_s: number | null, max_s: number | null, 
/**
 * The same of the upstreams' times; null where no request of the step had one.
 */
upstream_p50_s: number | null, upstream_p95_s: number | null, visitors: number, 
/**
 * Error-log events.
 */
errors: number, 
/**
 * Lines that fit no format.
 */
messages: number, 
/**
 * Requests by latency band: the bounds between them are [`Hello::bands_s`]. All zero where no
 * request had a time.
 */
bands: number[], host: HostPoint | null, };

export type HostPoint = { 
/**
 * Share of all cores that was busy, 0–1.
 */
cpu: number, 
/**
 * Share of memory in use, 0–1.
 */
memory: number, 
/**
 * Bytes a second over all interfaces but loopback.
 */
rx: number, tx: number, };

export type Series = { 
/**
 * Longer than what was asked for where the range has too many such steps.
 */
step_s: number, 
/**
 * As [`Kept::oldest`](super::Kept::oldest), in the answer of `GET /api/v1/series`: steps that end before it are
 * not there.
 */
oldest?: number, t: number[], requests: number[], s1xx: number[], s2xx: number[], s3xx: number[], s4xx: number[], s5xx: number[], bytes_out: number[], bytes_in: number[], p50_s: Array<number | null>, p95_s: Array<number | null>, p99_s: Array<number | null>, mean_s: Array<number | null>, max_s: Array<number | null>, upstream_p50_s: Array<number | null>, upstream_p95_s: Array<number | null>, visitors: number[], errors: number[], messages: number[], 
/**
 * As [`Point::bands`]; empty where they were not asked for.
 */
bands: number[][], cpu: Array<number | null>, memory: Array<number | null>, rx: Array<number | null>, tx: Array<number | null>, };

export type Summary = { 
/**
 * RFC 3339, inclusive.
 */
from: string, 
/**
 * RFC 3339, exclusive.
 */
to: string, filter: string, 
/**
 * RFC 3339, in the answer of `GET /api/v1/summary`: the oldest event kept. What of the range lies before it is
 * unknown, and not in the totals.
 */
oldest?: string, 
/**
 * In the same answer: of how many seconds of the range anything is known. Those before the oldest event, of a
 * restart's gap and of the future are not among them; a rate is of these seconds, and of none where there are none.
 */
known_s?: number, 
/**
 * RFC 3339, in the same answer and in the feed: where what is to outlive a restart can't be written, as on a full
 * disk, when it was written last, or else the process's start; absent while it can.
 */
unwritten_since?: string, requests: number, bytes_out: number, bytes_in: number, visitors: number, 
/**
 * Error-log events.
 */
errors: number, 
/**
 * Lines that fit no format.
 */
messages: number, 
/**
 * `1xx` … `5xx`, always all five; a status outside 100–599 is under `other`.
 */
status: Record<string, number>, status_codes: Record<string, number>, methods: Record<string, number>, protocols: Record<string, number>, 
/**
 * Error-log events by level.
 */
error_levels: Record<string, number>, latency_s: Latency, 
/**
 * The same of the upstreams' times.
 */
upstream_s: Latency, 
/**
 * The range it is compared with, where one was asked for and all of it is kept.
 */
before?: Before, 
/**
 * The lists asked for, each in the order asked for, falling.
 */
top: { [key in string]: Array<TopRow> }, 
/**
 * What each list leaves out; with it the totals stay exact.
 */
other: { [key in string]: OtherRow }, accounting: Accounting, };

export type Latency = { p50: number | null, p90: number | null, p95: number | null, p99: number | null, max: number | null, mean: number | null, };

export type Before = { 
/**
 * RFC 3339, inclusive.
 */
from: string, 
/**
 * RFC 3339, exclusive.
 */
to: string, 
/**
 * As [`Summary::known_s`].
 */
known_s: number, requests: number, bytes_out: number, visitors: number, errors: number, status: Record<string, number>, latency_s: Latency, };

export type TopRow = { value: string, requests: number, bytes: number, 
/**
 * Responses of 400 and above.
 */
errors: number, s4xx: number, s5xx: number, 
/**
 * Null where it was not asked for (the live feed).
 */
visitors: number | null, p95_s: number | null, 
/**
 * Mean time of its requests, seconds; null where none had one.
 */
mean_s: number | null, 
/**
 * Requests in the range it is compared with; absent where none was asked for.
 */
before?: number, 
/**
 * What else the value is called: an organisation, an operator.
 */
label?: string, 
/**
 * What a bot is for: `search`, `ai_training`, `ai_assistant`, `seo`, `monitor`, `unknown`, …
 */
purpose?: string, 
/**
 * Requests from addresses that the bot's operator publishes, or names in DNS, as its own; absent
 * where neither can tell, so that the name is only a claim.
 */
verified?: number, 
/**
 * Of a template: the worst of its lines, `crit`, whatever the range and the filter; absent for guests.
 */
level?: string, 
/**
 * Of a template: when its first line was written, RFC 3339. Earlier than the range it may be, and
 * than the process, if what was learnt is kept. Whatever the filter; absent for guests.
 */
first_seen?: string, 
/**
 * Of a template: the oldest of the lines counted here.
 */
sample?: string, };

export type Marker = { 
/**
 * RFC 3339, UTC.
 */
time: string, text: string, 
/**
 * Null where it concerns all sites.
 */
site: string | null, };

export type Trend = { list: string, step_s: number, 
/**
 * As [`Series::oldest`](super::Series::oldest).
 */
oldest?: number, 
/**
 * Epoch second at which each step starts; of those that are missing nothing is known, as in a
 * [`Series`](super::Series).
 */
t: number[], rows: Array<TrendRow>, };

export type TrendRow = { value: string, 
/**
 * Entry `i` belongs to `t[i]`.
 */
requests: number[], };

export type Values = { 
/**
 * The filter's word.
 */
field: string, values: Array<FieldValue>, };

export type FieldValue = { value: string, requests: number, };

export type GeoInfo = { 
/**
 * Type and build date of the one for countries, e.g. `GeoLite2-Country, 2026-11-03`; null
 * without one.
 */
country: string | null, 
/**
 * The same for autonomous systems.
 */
asn: string | null, 
/**
 * Folders that are looked in.
 */
looked_in: Array<string>, };

export type OtherRow = { 
/**
 * Distinct values left out.
 */
values: number, requests: number, bytes: number, errors: number, };

export type Accounting = { received: number, counted: number, unparsed: number, rejected: Record<string, number>, dropped: Record<string, number>, in_flight: number, };

export type SourceInfo = { id: number, 
/**
 * The text of the filter's `source:`, e.g. `web-1/nginx`.
 */
name: string, peer: string, hostname: string | null, app_name: string | null, 
/**
 * Kind and address of the listener it was first heard by, e.g. `udp 127.0.0.1:5514`.
 */
listener: string, 
/**
 * The format of most of its recent lines; null while nothing was recognised.
 */
format: string | null, 
/**
 * Lines by format that recognised them.
 */
formats: Record<string, number>, 
/**
 * Epoch milliseconds.
 */
first_heard_ms: number, last_heard_ms: number, accounting: Accounting, 
/**
 * Lines whose time lay outside the accepted range and that count at their arrival.
 */
misdated: number, 
/**
 * The first line that was understood: how it read, field by field. Only in `/api/v1/sources`
 * and while fewer than ten lines came.
 */
first_line: FirstLine | null, 
/**
 * Each format it speaks (the first eight), with its first line. Only in `/api/v1/sources`.
 */
evidence: Array<FormatEvidence>, 
/**
 * The last eight changes of its access lines' format, newest last; in the feed the newest alone,
 * without its lines.
 */
changes: Array<FormatChange>, 
/**
 * Lines that fit no format, newest last, at most 20. Only in `/api/v1/sources`.
 */
samples: Array<string>, 
/**
 * What is said of the samples, the largest group first. Only in `/api/v1/sources`.
 */
proposals: Array<ProposalInfo>, };

export type FormatEvidence = { format: string, 
/**
 * `access`, `error`, or `message` for header lines.
 */
kind: string, lines: number, 
/**
 * When its first line came, epoch milliseconds.
 */
since_ms: number, 
/**
 * That line, secrets and addresses as privacy has them.
 */
first_line: string, 
/**
 * The event fields that its lines have had.
 */
fields: Array<string>, 
/**
 * Panels that stay empty, because no line had their field.
 */
lacks: Array<Lack>, };

export type Lack = { field: string, 
/**
 * `latency sites agents clients bytes`.
 */
panel: string, 
/**
 * The word of nginx's `log_format` that gives it.
 */
nginx: string, 
/**
 * The same of Apache's `LogFormat`.
 */
apache: string, };

export type FormatChange = { 
/**
 * Epoch milliseconds.
 */
at_ms: number, old: string, 
/**
 * `message` where the lines fit no format any more.
 */
new: string, 
/**
 * A line of the old format, and the first of the new one; empty in the feed.
 */
before: string, after: string, };

export type ProposalInfo = { 
/**
 * `template` where one is proposed; else why not: `messages json no_status no_request unclear`.
 */
said: string, 
/**
 * Samples of this sort.
 */
samples: number, 
/**
 * As many of them the template reads.
 */
reads: number, first_sample: string, 
/**
 * In the words of nginx's `log_format`.
 */
template: string | null, 
/**
 * The template's variables, and what the first sample has for each.
 */
columns: Array<NamedValue>, 
/**
 * What to put into `tapline.toml`.
 */
config: string | null, };

export type NamedValue = { name: string, value: string, };

export type ListenerInfo = { 
/**
 * `udp tcp tls unix unix-stream http https file stdin`.
 */
kind: string, address: string, 
/**
 * Receive buffer granted by the kernel; null where there is none.
 */
buffer_bytes: number | null, 
/**
 * What the operator could change, e.g. the `sysctl` line for a larger buffer.
 */
hint: string | null, connections: number, accounting: Accounting, };

export type FirstLine = { raw: string, event: EventRow, };

export type EventRow = { 
/**
 * `access`, `error` or `message`.
 */
kind: string, 
/**
 * RFC 3339 with milliseconds, UTC.
 */
time: string, source: string, host?: string, remote_ip?: string, user?: string, method?: string, path?: string, query?: string, protocol?: string, status?: number, bytes?: number, bytes_in?: number, referrer?: string, user_agent?: string, 
/**
 * Family of the agent, e.g. `Chrome`, `Googlebot`, `curl`.
 */
agent?: string, request_time_s?: number, upstream_time_s?: number, upstream?: string, cache_status?: string, scheme?: string, tls_version?: string, tls_cipher?: string, mime?: string, level?: string, message?: string, format?: string, };

export type HostInfo = { hostname: string, cores: number, cpu: number, load: [number, number, number], memory_used: number, memory_total: number, swap_used: number, swap_total: number, 
/**
 * Bytes a second.
 */
rx: number, tx: number, disks: Array<DiskInfo>, process: ProcessInfo, };

export type DiskInfo = { mount: string, used: number, total: number, };

export type ProcessInfo = { 
/**
 * Cores in use: 1.0 is one core.
 */
cpu: number, resident_bytes: number, uptime_s: number, };

export type Anomaly = { 
/**
 * Unique, also over restarts.
 */
id: string, kind: AnomalyKind, 
/**
 * The site it is of; null for all of them together.
 */
site: string | null, 
/**
 * What it is of, where that is one thing: a path, a client, a source, an error's template, a disk, a rule.
 */
key: string | null, state: AnomalyState, 
/**
 * When what is unusual began (the change point, not the alarm), RFC 3339.
 */
start: string, 
/**
 * When it was said first.
 */
detected: string, peak: AnomalyPeak, 
/**
 * When it was over; null while it goes on.
 */
end: string | null, 
/**
 * Since when nothing unusual came any more, while it may go on again: it ends with a minute of that. Null while it
 * is unusual, and once it is over.
 */
usual_since: string | null, 
/**
 * Mean from the start to now (or the end), and what was to be expected, in `unit`.
 */
observed: number, expected: number, 
/**
 * Of `observed` what is judged elsewhere: it is told of something else (a client that floods), or is the guess of a
 * password. What is usual is of the rest.
 */
apart: number, 
/**
 * What is usual lies between these; null where there is no such bound.
 */
low: number | null, high: number | null, 
/**
 * True where too little was seen before to know what is usual: `expected` is then what is assumed of any server
 * (of requests one in a hundred that fails).
 */
learning: boolean, 
/**
 * `per_s`, `s`, `bytes` (a rule's sum), `bytes_per_s`, `percent`, `count` or empty.
 */
unit: string, 
/**
 * Of what fills up (`host_disk`, `host_memory`): seconds until it is full at the pace of the last minutes;
 * null where it does not grow, and once it is over.
 */
full_in_s: number | null, 
/**
 * 1 (a note) to 5 (wake somebody).
 */
severity: number, 
/**
 * What accounts for the change, the largest share first.
 */
explain: Array<AnomalyCause>, 
/**
 * Lines behind it, at most 20.
 */
samples: Array<EventRow>, 
/**
 * The id of the anomaly that this one follows from; its own where it is the root.
 */
incident: string, 
/**
 * The rows behind it, in the filter language; empty for all, null where rows have no part in it.
 */
filter: string | null, 
/**
 * True where a mute covers it: it is listed and nobody is told.
 */
muted: boolean, };

export type AnomalyKind = "traffic_up" | "traffic_down" | "errors_5xx" | "errors_4xx" | "latency" | "bytes" | "client_flood" | "scan" | "bruteforce" | "new_error" | "error_surge" | "silent" | "format_drift" | "host_cpu" | "host_memory" | "host_disk" | "series" | "rule";

export type AnomalyState = "open" | "update" | "closed";

export type AnomalyPeak = { 
/**
 * RFC 3339.
 */
time: string, 
/**
 * In the anomaly's `unit`; of a `new_error` its lines in that second.
 */
value: number, };

export type AnomalyCause = { 
/**
 * A word of the filter language: `path`, `client`, `network`, `agent`, `status`, `upstream`, `source`, `site`.
 */
field: string, value: string, 
/**
 * In this cause's `unit`, of this value alone: from `expected` to `observed`.
 */
observed: number, expected: number, 
/**
 * `per_s` (requests or lines), `s` or `bytes` (a request's mean); where the anomaly is of this value, the
 * anomaly's. Empty in what was kept by a version without it: then it is the anomaly's, too.
 */
unit: string, 
/**
 * Of the whole change, 0 to 1.
 */
share: number, };

export type AnomalyTold = { seq: number, anomaly: Anomaly, };

export type AnomalyWhy = { at: string, seen: Array<AnomalySeen>, };

export type AnomalySeen = { kind: AnomalyKind, site: string | null, key: string | null, 
/**
 * Of that second; of a rule, of its span, and its threshold.
 */
observed: number, expected: number, 
/**
 * Of `observed` what is judged elsewhere.
 */
apart: number, low: number | null, high: number | null, 
/**
 * `per_s`, `s`, `bytes`, `bytes_per_s`, `percent` or `count`.
 */
unit: string, 
/**
 * Evidence against the threshold; unusual is what reaches it.
 */
score: number, threshold: number, 
/**
 * `learning`, `usual`, `cooling_down`, `unusual`, `ending`, or `elsewhere` where it is told of something else.
 */
verdict: string, };

export type Mute = { id: string, 
/**
 * In the filter language; empty for all.
 */
filter: string, 
/**
 * This kind alone; null for all.
 */
kind: AnomalyKind | null, 
/**
 * What it is of, where that alone is meant: a disk, a template.
 */
key: string | null, 
/**
 * RFC 3339; null for good.
 */
until: string | null, note: string, created: string, };

export type RuleTest = { 
/**
 * The rule in its normal form.
 */
when: string, 
/**
 * The seconds that were tried, RFC 3339, the end exclusive.
 */
from: string, to: string, 
/**
 * How often it would have been broken.
 */
fired: number, 
/**
 * In which the threshold and the worst values are: `per_s`, `s`, `bytes`, `percent` or `count`.
 */
unit: string, threshold: number, 
/**
 * Oldest first, at most a thousand.
 */
firings: Array<RuleFiring>, };

export type RuleFiring = { 
/**
 * The site, client or path that broke it, of a rule that is judged by that.
 */
by: string | null, 
/**
 * The first second of what breaks it, RFC 3339.
 */
start: string, 
/**
 * When it would have been said.
 */
detected: string, 
/**
 * When it held again; null while it does not.
 */
end: string | null, 
/**
 * The worst value of a span, and its last second; null where it was not looked up.
 */
worst: AnomalyPeak | null, };

/** Every list that there is. */
export const LISTS: readonly string[] = ["paths","routes","not_found","static","types","queries","statuses","classes","outcomes","bands","upstream_bands","methods","protocols","clients","networks","countries","cities","asns","ip_versions","users","sites","sources","upstreams","agents","user_agents","systems","bots","purposes","referrers","referrer_urls","keyphrases","cache","schemes","tls","ciphers","mime","formats","errors","templates"];

/** Those whose values have visitors in the live feed: only clients and agents are some. */
export const OF_VISITORS: ReadonlySet<string> = new Set(["clients","networks","countries","cities","asns","ip_versions","agents","user_agents","systems","bots","purposes"]);
