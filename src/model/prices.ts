import { z } from "zod";
import { invalid, messageOf } from "../kernel/fault.js";
import type { Usage } from "../schema/message.js";
import { PRICE_LIST } from "./price-list.js";

const figure = z.number().nonnegative();
const tierSchema = z.strictObject({
  up_to_prompt_tokens: z.int().positive().nullable(),
  input: figure,
  output: figure,
  cache_read: figure,
  cache_write: figure,
});

const tiersSchema = z
  .array(tierSchema)
  .min(1)
  .refine(risesToOpenEnd, "tiers rise by up_to_prompt_tokens and the last one has null there");

/** A price list: US dollars per million tokens. */
export const pricesSchema = z.strictObject({
  date: z.iso.date(),
  models: z.record(z.string(), tiersSchema),
});
export type Prices = z.infer<typeof pricesSchema>;
/** US dollars per million tokens, for prompts up to a size. */
export type PriceTier = z.infer<typeof tierSchema>;

/** The most a request can cost. `usd` is null for a model without a price. */
export interface WorstCase {
  readonly usd: number | null;
  readonly tokens: number;
}

const PER_MILLION = 1_000_000;
const DATE_SUFFIX = /-\d{8}$/;

function risesToOpenEnd(tiers: readonly { up_to_prompt_tokens: number | null }[]): boolean {
  return tiers.every((tier, index) => {
    const bound = tier.up_to_prompt_tokens;
    if (index === tiers.length - 1) return bound === null;
    return bound !== null && bound > (tiers[index - 1]?.up_to_prompt_tokens ?? 0);
  });
}

/**
 * The built-in price list, with the models of `text` (the file WORKNODE_PRICES names) added or
 * replaced. Throws Fault MODEL_PRICES (exit 2) naming each fault of the text.
 */
export function loadPrices(text?: string): Prices {
  if (text === undefined) return PRICE_LIST;
  const parsed = pricesSchema.safeParse(readJson(text));
  if (parsed.success) return { date: parsed.data.date, models: { ...PRICE_LIST.models, ...parsed.data.models } };
  const faults = parsed.error.issues.map((issue) => `${issue.path.join(".") || "file"}: ${issue.message}`);
  throw invalid("MODEL_PRICES", `WORKNODE_PRICES: ${faults.join("; ")}`);
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (thrown) {
    throw invalid("MODEL_PRICES", `WORKNODE_PRICES: the file is not JSON: ${messageOf(thrown)}`, thrown);
  }
}

/** The tier that a prompt of a model falls into; undefined for a model without a price. A dated id has its undated price. */
export function priceOf(prices: Prices, model: string, promptTokens: number): PriceTier | undefined {
  return tiersOf(prices, model)?.find((tier) => promptTokens <= (tier.up_to_prompt_tokens ?? Number.POSITIVE_INFINITY));
}

/** Whether a model has a price. */
export function hasPrice(prices: Prices, model: string): boolean {
  return tiersOf(prices, model) !== undefined;
}

function tiersOf(prices: Prices, model: string): readonly PriceTier[] | undefined {
  return own(prices, model) ?? own(prices, model.replace(DATE_SUFFIX, ""));
}

function own(prices: Prices, model: string): readonly PriceTier[] | undefined {
  return Object.hasOwn(prices.models, model) ? prices.models[model] : undefined;
}

/** Tokens of the prompt, cached or not. */
export function promptTokensOf(usage: Usage): number {
  return usage.input_tokens + usage.cache_read_input_tokens + usage.cache_creation_input_tokens;
}

/** All tokens of a reply, as budgets count them: prompt, cached or not, and output. */
export function tokensOf(usage: Usage): number {
  return promptTokensOf(usage) + usage.output_tokens;
}

/** What a reply cost in US dollars, cache reads and writes priced apart; undefined without a price. */
export function costOf(prices: Prices, model: string, usage: Usage): number | undefined {
  const tier = priceOf(prices, model, promptTokensOf(usage));
  if (tier === undefined) return undefined;
  const millionths =
    usage.input_tokens * tier.input +
    usage.output_tokens * tier.output +
    usage.cache_read_input_tokens * tier.cache_read +
    usage.cache_creation_input_tokens * tier.cache_write;
  return millionths / PER_MILLION;
}

/**
 * The most a request can cost: each prompt token at the dearest input price (a cache write), every
 * token of `maxTokens` as output, in the dearest tier the prompt can reach.
 */
export function worstCase(
  prices: Prices,
  model: string,
  bound: { promptTokens: number; maxTokens: number },
): WorstCase {
  const tokens = bound.promptTokens + bound.maxTokens;
  const tiers = tiersOf(prices, model);
  if (tiers === undefined) return { usd: null, tokens };
  return { usd: Math.max(...reachable(tiers, bound.promptTokens).map((tier) => worstIn(tier, bound))), tokens };
}

/** Tiers of prompts up to a size: the one it falls into and all below, should a lower one be dearer. */
function reachable(tiers: readonly PriceTier[], promptTokens: number): readonly PriceTier[] {
  const last = tiers.findIndex((tier) => promptTokens <= (tier.up_to_prompt_tokens ?? Number.POSITIVE_INFINITY));
  return tiers.slice(0, last + 1);
}

function worstIn(tier: PriceTier, bound: { promptTokens: number; maxTokens: number }): number {
  const prompt = Math.min(bound.promptTokens, tier.up_to_prompt_tokens ?? bound.promptTokens);
  const dearest = Math.max(tier.input, tier.cache_read, tier.cache_write);
  return (prompt * dearest + bound.maxTokens * tier.output) / PER_MILLION;
}
