import assert from "node:assert/strict";
import { test } from "node:test";
import { formatBytes } from "../src/bytes.js";
import { casesOf } from "./cases.js";

for (const { args, expected } of casesOf("formatBytes")) {
  test(`formatBytes(${args.join(", ")}) is ${expected}`, () => {
    assert.equal(formatBytes(...args), expected);
  });
}
