import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it } from "vitest";
import { readRates } from "../../../src/model/rate-headers.js";
import type { ResponseHead } from "../../../src/model/request.js";
import { clientOf, headersOf, plainRequest } from "./asking.js";

const NOW = Date.parse("2026-01-01T00:00:00Z");
const limit = (name: string, of: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(of).map(([part, text]) => [`anthropic-ratelimit-${name}-${part}`, text]));

describe("the limits in a response's head", () => {
  it("are those of requests, of input, of output and of both", () => {
    const reset = "2026-01-01T00:00:30Z";
    const headers = new Headers({
      ...limit("requests", { limit: "50", remaining: "49", reset }),
      ...limit("input-tokens", { limit: "40000", remaining: "39000", reset }),
      ...limit("output-tokens", { limit: "8000", remaining: "0", reset }),
      ...limit("tokens", { limit: "48000", remaining: "39000", reset: "soon" }),
    });
    expect(readRates(headers, NOW)).toEqual([
      { kind: "requests", allowed: 50, remaining: 49, fullInMs: 30_000 },
      { kind: "input", allowed: 40_000, remaining: 39_000, fullInMs: 30_000 },
      { kind: "output", allowed: 8_000, remaining: 0, fullInMs: 30_000 },
      { kind: "tokens", allowed: 48_000, remaining: 39_000, fullInMs: 60_000 },
    ]);
  });

  it("are reckoned by the server's clock where it says what it is", () => {
    const date = "Thu, 01 Jan 2026 06:00:00 GMT";
    const headers = new Headers({
      date,
      ...limit("requests", { limit: "5", remaining: "4", reset: "2026-01-01T06:00:10Z" }),
    });
    expect(readRates(headers, NOW)[0]?.fullInMs).toBe(10_000);
  });

  it.each([
    { limit: "", remaining: "4" },
    { limit: "5" },
    { limit: "0", remaining: "0" },
    { limit: "many", remaining: "4" },
    { limit: "5", remaining: "-1" },
  ])("are left out where they make no sense: %j", (of) => {
    expect(readRates(new Headers(limit("requests", of as Record<string, string>)), NOW)).toEqual([]);
  });

  it("are told once for a reply and for a refusal, before the body is read", async () => {
    const answer = (status: number) => (reply: ServerResponse) =>
      reply
        .writeHead(status, {
          "content-type": "application/json",
          ...limit("requests", { limit: "5", remaining: "1", reset: "2026-01-01T06:00:10Z" }),
        })
        .end(JSON.stringify({ type: "error", error: { type: "rate_limit_error", message: "slow" } }));
    for (const status of [200, 429]) {
      const server = createServer((request, reply) => {
        request.resume().on("end", () => answer(status)(reply));
      }).listen(0, "127.0.0.1");
      await new Promise((resolve) => server.once("listening", resolve));
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      const heads: ResponseHead[] = [];
      await clientOf(url).attempt(plainRequest, { headers: headersOf(), onHead: (head) => heads.push(head) });
      server.close();
      expect(heads.map((head) => [head.status, readRates(head.headers, NOW)[0]?.remaining])).toEqual([[status, 1]]);
    }
  });
});
