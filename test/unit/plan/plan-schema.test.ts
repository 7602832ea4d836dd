import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { planJsonSchema } from "../../../src/plan/plan-json-schema.js";

const FILE = fileURLToPath(new URL("../../../plans/plan.schema.json", import.meta.url));

it("keeps plans/plan.schema.json current (UPDATE_SCHEMA=1 writes it anew)", () => {
  const text = `${JSON.stringify(planJsonSchema(), null, 2)}\n`;
  if (process.env["UPDATE_SCHEMA"] === "1") writeFileSync(FILE, text);
  expect(readFileSync(FILE, "utf8")).toBe(text);
});
