import { signal } from "@preact/signals";
import { beforeEach, describe, expect, it, vi } from "vitest";

const hello = signal<object | null>(null);
const menuOpen = signal(false);
vi.mock("../src/state", () => ({ hello, menuOpen }));

type Answer = Partial<Response> | Error;

const ANN = { name: "ann", right: "admin", site: null };
const said = (json: object): Answer => ({ ok: true, status: 200, json: () => Promise.resolve(json) });
const refused = (status: number): Answer => ({ ok: false, status });

/** Answers to the questions of the page, given when the test says so. */
let questions: ((answer: Answer) => Promise<void>)[];

async function settled(): Promise<void> {
  await new Promise((done) => setTimeout(done));
}

beforeEach(() => {
  questions = [];
  vi.stubGlobal("document", { baseURI: "http://page.example/" });
  vi.stubGlobal("fetch", () => new Promise((answered, failed) => {
    questions.push((answer) => {
      if (answer instanceof Error) failed(answer);
      else answered(answer);
      return settled();
    });
  }));
});

describe("who the reader is taken for", async () => {
  const { session, startSession } = await import("../src/session");
  startSession();

  beforeEach(async () => {
    hello.value = {};
    await questions.shift()!(said(ANN));
    expect(session.value).toEqual(ANN);
  });

  it.each([["no network", new TypeError()], ["503", refused(503)], ["429", refused(429)]])("stays over %s", async (_, answer) => {
    hello.value = {};
    await questions.shift()!(answer);
    expect(session.value).toEqual(ANN);
  });

  it("is nobody once the server says so", async () => {
    hello.value = {};
    await questions.shift()!(refused(401));
    expect(session.value).toBeNull();
  });

  it("is asked again where the menu opens", async () => {
    menuOpen.value = true;
    await questions.shift()!(said({ ...ANN, right: "look" }));
    expect(session.value?.right).toBe("look");
    menuOpen.value = false;
  });

  it("is what the newest question was answered with, however late an older answer comes", async () => {
    hello.value = {};
    hello.value = {};
    const [older, newer] = questions.splice(0);
    await newer!(said({ ...ANN, name: "bob" }));
    await older!(said(ANN));
    expect(session.value?.name).toBe("bob");
  });
});
