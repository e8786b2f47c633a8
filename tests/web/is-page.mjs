// Exit 0 when the given tapline serves the dashboard, 1 when it serves the page that only says
// what to install: `node is-page.mjs target/release/tapline`.

process.env.TAPLINE_TEST_BINARY = process.argv[2];
const { Server } = await import("./server.mjs");

const server = await Server.start();
try {
  const page = await (await fetch(server.url)).text();
  const script = /<script[^>]+src="([^"]+)"/.exec(page)?.[1];
  if (!script) throw new Error(`no script in the page: was npm missing?\n${page.slice(0, 500)}`);
  const answer = await fetch(new URL(script, server.url));
  const size = (await answer.text()).length;
  if (answer.status !== 200 || size < 10_000) {
    throw new Error(`${script}: status ${answer.status}, ${size} characters`);
  }
} finally {
  await server.stop();
}
