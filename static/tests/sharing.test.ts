import { describe, expect, it } from "vitest";
import { isLocal, isSite, siteOf } from "../src/lib/sharing";

describe("a link to one site", () => {
  it.each([
    ["site:a.example", "a.example"],
    ["status:5xx site:a.example -path:/health*", "a.example"],
    ['site:"a.example"', "a.example"],
    ["", null],
    ["-site:a.example", null],
    ["site!=a.example", null],
    ["site:*.example", null],
    ["site:a.example,b.example", null],
    ["site:a.example site:b.example", null],
    ["site:-", null],
    ["path:/site:a", null],
  ])("is offered for the one site that %s is about", (filter, site) => expect(siteOf(filter)).toBe(site));

  it.each(["", " ", "-", "(none)", "(other)"])("is for no site where none is named: '%s'", (value) => expect(isSite(value)).toBe(false));

  it.each([
    ["http://127.0.0.1:8514/#share=t", true],
    ["http://localhost:8514/#share=t", true],
    ["http://[::1]:8514/#share=t", true],
    ["https://logs.example.org/#share=t", false],
    ["http://192.0.2.4:8514/#share=t", false],
    ["https://127.0.0.1.example.org/#share=t", false],
  ])("%s works on this machine alone: %s", (link, local) => expect(isLocal(link)).toBe(local));
});
