// The libraries with which programs send their logs to others, as they are published: each shows its token in its own way,
// believes that all was taken, and every line is read.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, before, test } from "node:test";

import { Client as Elasticsearch } from "@elastic/elasticsearch";
import { Client as OpenSearch } from "@opensearch-project/opensearch";
import { OTLPLogExporter as OtlpJson } from "@opentelemetry/exporter-logs-otlp-http";
import { OTLPLogExporter as OtlpProtobuf } from "@opentelemetry/exporter-logs-otlp-proto";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { BatchLogRecordProcessor, LoggerProvider } from "@opentelemetry/sdk-logs";
import pino from "pino";
import { pinoLoki } from "pino-loki";
import splunk from "splunk-logging";
import winston from "winston";
import WinstonLoki from "winston-loki";

import { line, Server, until } from "./server.mjs";

const SEND = "a-token-of-programs";
const LOOK = "a-token-of-this-test";

let server;

before(async () => {
  const token = (name, right, value) =>
    `[[token]]\nname = "${name}"\nright = "${right}"\nhash = "sha256:${createHash("sha256").update(value).digest("hex")}"\n`;
  const tokens = token("programs", "send", SEND) + token("tests", "look", LOOK);
  server = await Server.start({ config: `[access]\nloopback = "key"\n${tokens}` });
});

after(() => server?.stop());

/** The server's address without the slash at its end. */
const base = () => server.url.slice(0, -1);

/** Lines as nginx writes them, of requests for `/OF/0`, `/OF/1` …; of four one fails. */
const lines = (of) =>
  Array.from({ length: 12 }, (_, i) =>
    line({ path: `/${of}/${i}`, status: i % 4 ? 200 : 503, client: `203.0.113.${i}` }).replace(/^.*? nginx: /, ""),
  );

async function look(what, params) {
  const headers = { authorization: `Bearer ${LOOK}`, connection: "close" };
  const answer = await fetch(`${server.url}api/v1/${what}?${new URLSearchParams(params)}`, { headers });
  assert.equal(answer.status, 200);
  return answer.json();
}

/** That all `lines` of it are requests of this source. */
async function are_read(of, source) {
  const ask = () => look("summary", { filter: `path:/${of}/*`, panels: "paths,clients,sources" });
  const summary = await until(`the lines of ${of} count`, async () => {
    const summary = await ask();
    return summary.requests === 12 && summary;
  });
  assert.deepEqual(summary.status_codes, { 200: 9, 503: 3 });
  assert.equal(summary.visitors, 12);
  const { paths, clients, sources } = summary.top;
  const values = (list) => list.map(({ value }) => value).sort();
  assert.ok(values(paths).every((path) => new RegExp(`^/${of}/\\d+$`).test(path)), JSON.stringify(paths));
  assert.ok(values(clients).every((client) => /^203\.0\.113\.\d+$/.test(client)));
  assert.deepEqual(values(sources), [source]);
}

/** Sends the lines as records of OpenTelemetry, and then the one of a request without a line. */
async function emit(of, Exporter, compression) {
  const failures = [];
  const exporter = new Exporter({ url: `${base()}/v1/logs`, compression, headers: { authorization: `Bearer ${SEND}` } });
  const send = exporter.export.bind(exporter);
  exporter.export = (records, done) =>
    send(records, (result) => {
      if (result.code !== 0) failures.push(result.error);
      done(result);
    });
  const provider = new LoggerProvider({
    resource: resourceFromAttributes({ "service.name": of, "host.name": "web-1" }),
    processors: [new BatchLogRecordProcessor({ exporter })],
  });
  const logger = provider.getLogger("tests");
  for (const body of lines(of)) logger.emit({ body });
  const attributes = {
    "http.request.method": "PATCH",
    "url.path": `/attributes-of-${of}`,
    "http.response.status_code": 500,
    "client.address": "203.0.113.99",
  };
  logger.emit({ body: "answered", attributes });
  await provider.shutdown();
  assert.deepEqual(failures, []);
  await are_read(of, `web-1/${of}`);
  const { requests, status_codes, methods } = await look("summary", { filter: `path:/attributes-of-${of} client:203.0.113.99` });
  assert.deepEqual({ requests, status_codes, methods }, { requests: 1, status_codes: { 500: 1 }, methods: { PATCH: 1 } });
}

test("OpenTelemetry: protobuf, gzip", () => emit("otlp-protobuf", OtlpProtobuf, "gzip"));
test("OpenTelemetry: JSON", () => emit("otlp-json", OtlpJson, "none"));

/** Sends the lines as documents; both clients have the same helper. */
async function index(of, client, operation) {
  const dropped = [];
  const result = await client.helpers.bulk({
    datasource: lines(of).map((message) => ({ message, host: { name: of } })),
    onDocument: () => ({ [operation]: { _index: "logs" } }),
    onDrop: (document) => dropped.push(document),
  });
  assert.deepEqual(dropped, []);
  const { total, failed, retry, successful } = result;
  assert.deepEqual({ total, failed, retry, successful }, { total: 12, failed: 0, retry: 0, successful: 12 });
  await client.close();
  await are_read(of, of);
}

test("Elasticsearch, with an API key", async () => {
  const client = new Elasticsearch({ node: `${base()}/elastic`, auth: { apiKey: SEND }, compression: true });
  const { tagline } = await client.info();
  assert.match(tagline, /Search/);
  await index("elasticsearch", client, "create");
});

test("OpenSearch, with a password", () => {
  const auth = { username: "any", password: SEND };
  return index("opensearch", new OpenSearch({ node: `${base()}/elastic`, auth }), "index");
});

test("a wrong token is told to the library", async () => {
  const client = new Elasticsearch({ node: `${base()}/elastic`, auth: { apiKey: "another" } });
  await assert.rejects(client.info(), { name: "ResponseError", statusCode: 401 });
  await client.close();
});

for (const json of [false, true]) {
  test(`winston to Loki: ${json ? "JSON" : "protobuf in snappy"}`, async () => {
    const of = json ? "winston-json" : "winston-protobuf";
    const failures = [];
    const transport = new WinstonLoki({
      host: base(),
      basicAuth: `any:${SEND}`,
      labels: { job: of, host: "web-2" },
      json,
      interval: 1,
      gracefulShutdown: false,
      format: winston.format.printf(({ message }) => message),
      onConnectionError: (error) => failures.push(error),
    });
    const logger = winston.createLogger({ transports: [transport] });
    for (const text of lines(of)) logger.info(text);
    await transport.flush();
    await are_read(of, `web-2/${of}`);
    logger.close();
    assert.deepEqual(failures, []);
  });
}

test("pino to Loki: its own records of requests", async () => {
  const stream = pinoLoki({
    host: base(),
    basicAuth: { username: "any", password: SEND },
    batching: false,
    silenceErrors: false,
    labels: { app: "shop" },
  });
  const logger = pino(stream);
  const req = { method: "GET", url: "/pino/1?page=2", remoteAddress: "203.0.113.7", headers: { "user-agent": "curl/8.7.1" } };
  logger.info({ req, res: { statusCode: 404 }, responseTime: 1250 }, "request completed");
  const summary = await until("the request counts", async () => {
    const summary = await look("summary", { filter: "path:/pino/1", panels: "clients,queries,agents" });
    return summary.requests === 1 && summary;
  });
  assert.deepEqual(summary.status_codes, { 404: 1 });
  assert.ok(Math.abs(summary.latency_s.max - 1.25) < 0.02, JSON.stringify(summary.latency_s));
  assert.equal(summary.top.clients[0].value, "203.0.113.7");
  stream.end();
});

test("Splunk's logger", async () => {
  const logger = new splunk.Logger({ token: SEND, url: base(), maxBatchCount: 4 });
  const answers = [];
  const failures = [];
  logger.error = (error) => failures.push(error);
  const metadata = { host: "web-3", source: "nginx" };
  for (const message of lines("splunk")) {
    logger.send({ message, metadata }, (error, _response, body) => answers.push(error ?? body));
  }
  await are_read("splunk", "web-3");
  await until("Splunk's logger is answered", () => answers.length === 3);
  assert.deepEqual(answers, Array(3).fill({ text: "Success", code: 0 }));
  assert.deepEqual(failures, []);
});
