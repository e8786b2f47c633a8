// A small site on one of Node's frameworks with one of its loggers: `node apps/node.mjs LOGGER PORT`. `/slow` takes a while,
// `/fail` fails, and what is not there is not found.

import http from "node:http";
import { setTimeout as sleep } from "node:timers/promises";

const [logger, port] = process.argv.slice(2);
const SLOW_MS = 120;

/** The site on Express behind this middleware. */
async function express(middleware) {
  const { default: framework } = await import("express");
  const app = framework();
  app.use(middleware);
  app.get("/ok", (_, answer) => answer.send("hello"));
  app.get("/slow", (_, answer) => setTimeout(() => answer.send("hello"), SLOW_MS));
  app.post("/fail", (_, answer) => answer.status(500).send("no"));
  return http.createServer(app);
}

const SITES = {
  async morgan(format) {
    return express((await import("morgan")).default(format));
  },
  async "pino-http"() {
    return express((await import("pino-http")).default());
  },
  async "express-winston"() {
    const { default: winston } = await import("winston");
    const { default: express_winston } = await import("express-winston");
    return express(express_winston.logger({ transports: [new winston.transports.Console()], format: winston.format.json() }));
  },
  async log4js() {
    const { default: log4js } = await import("log4js");
    log4js.configure({
      appenders: { out: { type: "stdout", layout: { type: "basic" } } },
      categories: { default: { appenders: ["out"], level: "info" } },
    });
    return express(log4js.connectLogger(log4js.getLogger("http"), { level: "auto" }));
  },
  async koa() {
    const { default: Koa } = await import("koa");
    const { default: koa_logger } = await import("koa-logger");
    const app = new Koa();
    app.use(koa_logger());
    app.use(async (context) => {
      if (context.path === "/slow") await sleep(SLOW_MS);
      if (context.path === "/fail") context.throw(500);
      if (["/ok", "/slow"].includes(context.path)) context.body = "hello";
    });
    app.silent = true;
    return http.createServer(app.callback());
  },
  async hono() {
    const { Hono } = await import("hono");
    const { logger } = await import("hono/logger");
    const { createAdaptorServer } = await import("@hono/node-server");
    const app = new Hono();
    app.use(logger());
    app.get("/ok", (context) => context.text("hello"));
    app.get("/slow", async (context) => (await sleep(SLOW_MS), context.text("hello")));
    app.post("/fail", (context) => context.text("no", 500));
    return createAdaptorServer(app);
  },
  async fastify() {
    const { default: fastify } = await import("fastify");
    const app = fastify({ logger: true });
    app.get("/ok", async () => "hello");
    app.get("/slow", async () => (await sleep(SLOW_MS), "hello"));
    app.post("/fail", async (_, answer) => answer.code(500).send("no"));
    await app.ready();
    return app.server;
  },
  async hapi() {
    const { default: hapi } = await import("@hapi/hapi");
    const server = hapi.server({ port, host: "127.0.0.1" });
    server.route({ method: "GET", path: "/ok", handler: () => "hello" });
    server.route({ method: "GET", path: "/slow", handler: async () => (await sleep(SLOW_MS), "hello") });
    server.route({ method: "POST", path: "/fail", handler: (_, answer) => answer.response("no").code(500) });
    await server.register({ plugin: (await import("hapi-pino")).default });
    await server.start();
  },
};

const [name, format] = logger.split(":");
(await SITES[name](format))?.listen(port, "127.0.0.1");
