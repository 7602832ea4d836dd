import { expect, it } from "vitest";
import { classify } from "../../../src/model/classify.js";

const before = { bytesReceived: false, aborted: false, timedOut: false, nowMs: 0 };
const within = { ...before, bytesReceived: true };
const withCode = (code: string, message = "") => Object.assign(new Error(message), { code });
const wrapped = (message: string, cause: unknown) => new TypeError(message, { cause });

it.each(["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "UND_ERR_CONNECT_TIMEOUT", "CERT_HAS_EXPIRED"])(
  "charges nothing where no connection was made: %s",
  (code) => {
    expect(classify(wrapped("fetch failed", withCode(code)), before)).toMatchObject({
      failure_class: "transport",
      retry: "transient",
      charged: false,
    });
  },
);

it("calls the platform's own time-outs time-outs, before and within a stream", () => {
  const silent = wrapped("fetch failed", withCode("UND_ERR_HEADERS_TIMEOUT"));
  expect(classify(silent, before)).toMatchObject({ failure_class: "timeout", charged: true, bytesReceived: false });
  const stalled = wrapped("terminated", withCode("UND_ERR_BODY_TIMEOUT", "Body Timeout Error"));
  expect(classify(stalled, within)).toMatchObject({
    failure_class: "timeout",
    charged: true,
    bytesReceived: true,
    message: "the stream fell silent: Body Timeout Error",
  });
});

it("never retries what it does not know, and keeps it charged", () => {
  for (const facts of [before, within])
    for (const thrown of [new Error("what is this"), "text", undefined, null, 7, {}])
      expect(classify(thrown, facts)).toMatchObject({ failure_class: "unknown", retry: "never", charged: true });
});

it("names the innermost cause that has a message, else its code", () => {
  expect(classify(wrapped("", withCode("ECONNREFUSED")), before).message).toContain("ECONNREFUSED");
  expect(classify(wrapped("outer", withCode("ECONNREFUSED", "inner")), before).message).toContain("inner");
});

it("follows a bounded number of causes, even in a circle", () => {
  const circle = new Error("round");
  circle.cause = circle;
  expect(classify(circle, before)).toMatchObject({
    failure_class: "unknown",
    message: expect.stringContaining("round"),
  });
});

it("keeps messages short", () => {
  expect(classify(new Error("x".repeat(10_000)), within).message.length).toBe(500);
});
