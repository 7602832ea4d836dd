import { expect, it } from "vitest";
import { Fault } from "../../../src/kernel/fault.js";
import { costOf, hasPrice, loadPrices, priceOf, tokensOf, worstCase } from "../../../src/model/prices.js";

const prices = loadPrices();
const usage = (input: number, output: number, read = 0, write = 0) => ({
  input_tokens: input,
  output_tokens: output,
  cache_read_input_tokens: read,
  cache_creation_input_tokens: write,
});

function faultOf(work: () => unknown): Fault {
  try {
    work();
  } catch (thrown) {
    if (thrown instanceof Fault) return thrown;
  }
  throw new Error("a Fault was expected");
}

it("prices input, output, cache reads and cache writes apart", () => {
  expect(costOf(prices, "claude-opus-5-5", usage(1_000_000, 0))).toBe(4);
  expect(costOf(prices, "claude-opus-5-5", usage(0, 1_000_000))).toBe(20);
  expect(costOf(prices, "claude-opus-5-5", usage(0, 0, 1_000_000))).toBe(0.2);
  expect(costOf(prices, "claude-opus-5-5", usage(0, 0, 0, 1_000_000))).toBe(5);
  expect(costOf(prices, "claude-sonnet-5-5", usage(100, 200, 300, 400))).toBeCloseTo(0.00323, 10);
});

it("chooses the tier by the whole prompt, cached tokens included", () => {
  expect(costOf(prices, "claude-haiku-5-5", usage(0, 1_000_000, 100_000))).toBeCloseTo(0.501, 10);
  expect(costOf(prices, "claude-haiku-5-5", usage(1, 1_000_000, 100_000))).toBeCloseTo(2.505, 4);
  expect(priceOf(prices, "claude-haiku-5-5", 100_000)?.input).toBe(0.1);
  expect(priceOf(prices, "claude-haiku-5-5", 100_001)?.input).toBe(0.5);
});

it("gives a dated id its undated price and an unknown model none", () => {
  expect(hasPrice(prices, "claude-opus-5-5-20261001")).toBe(true);
  for (const model of ["llama-9", "constructor", "claude-opus"]) {
    expect(hasPrice(prices, model)).toBe(false);
    expect(costOf(prices, model, usage(1, 1))).toBeUndefined();
    expect(priceOf(prices, model, 1)).toBeUndefined();
    expect(worstCase(prices, model, { promptTokens: 3, maxTokens: 4 })).toEqual({ usd: null, tokens: 7 });
  }
});

it("takes the dearest input price and every output token as the worst case", () => {
  const bound = { promptTokens: 1_000, maxTokens: 2_000 };
  const worst = worstCase(prices, "claude-opus-5-5", bound);
  expect(worst).toEqual({ usd: (1_000 * 5 + 2_000 * 20) / 1e6, tokens: 3_000 });
  expect(worstCase(prices, "claude-haiku-5-5", { promptTokens: 100_001, maxTokens: 0 }).usd).toBeCloseTo(0.0625006, 6);
});

it("takes a lower tier's price as the worst case where that one is dearer", () => {
  const tier = { input: 1, output: 1, cache_read: 1, cache_write: 1 };
  const odd = loadPrices(
    JSON.stringify({
      date: "2026-01-01",
      models: {
        odd: [
          { ...tier, up_to_prompt_tokens: 10, output: 50 },
          { ...tier, up_to_prompt_tokens: null },
        ],
      },
    }),
  );
  expect(worstCase(odd, "odd", { promptTokens: 20, maxTokens: 100 }).usd).toBeCloseTo((10 + 100 * 50) / 1e6, 12);
});

it("adds and replaces models from the file WORKNODE_PRICES names", () => {
  const tier = { up_to_prompt_tokens: null, input: 9, output: 9, cache_read: 9, cache_write: 9 };
  const merged = loadPrices(
    JSON.stringify({ date: "2027-01-31", models: { "llama-9": [tier], "claude-opus-5-5": [tier] } }),
  );
  expect(merged.date).toBe("2027-01-31");
  expect(costOf(merged, "llama-9", usage(1_000_000, 0))).toBe(9);
  expect(costOf(merged, "claude-opus-5-5", usage(1_000_000, 0))).toBe(9);
  expect(hasPrice(merged, "claude-sonnet-5-5")).toBe(true);
});

it("names the faults of a price file, with exit code 2", () => {
  const notJson = faultOf(() => loadPrices("{"));
  expect([notJson.code, notJson.exitCode]).toEqual(["MODEL_PRICES", 2]);
  expect(notJson.message).toContain("not JSON");
  const tier = { up_to_prompt_tokens: 5, input: 1, output: 1, cache_read: 1, cache_write: 1 };
  const open = faultOf(() => loadPrices(JSON.stringify({ date: "2026-01-01", models: { m: [tier] } })));
  expect(open.message).toContain("models.m: tiers rise");
  const falling = [tier, { ...tier, up_to_prompt_tokens: 4 }, { ...tier, up_to_prompt_tokens: null }];
  expect(() => loadPrices(JSON.stringify({ date: "2026-01-01", models: { m: falling } }))).toThrow("tiers rise");
  expect(() => loadPrices(JSON.stringify({ date: "soon", models: {} }))).toThrow("date:");
  expect(() => loadPrices("7")).toThrow("file:");
});

it("counts every token of a reply for the budget", () => {
  expect(tokensOf(usage(1, 20, 300, 4_000))).toBe(4_321);
});
