import { visible } from "../../../kernel/visible.js";
import type { CliContext } from "../context.js";

/** Colours a text, or leaves it as it is. */
export type Paint = (colour: Colour, text: string) => string;
export type Colour = keyof typeof CODES;

const CODES = { red: 31, green: 32, yellow: 33, cyan: 36, dim: 2, bold: 1 };

/** Colours only a terminal that wants them: `NO_COLOR` (any value but empty) and TERM=dumb turn them off. */
export function paintFor(context: Pick<CliContext, "out" | "env">): Paint {
  const plain = !context.out.isTTY || (context.env["NO_COLOR"] ?? "") !== "" || context.env["TERM"] === "dumb";
  return plain ? (_colour, text) => text : (colour, text) => `\u001b[${CODES[colour]}m${text}\u001b[0m`;
}

/** Tokens in at most five characters: 950, 12.3k, 4.56M. */
export function formatTokens(tokens: number): string {
  if (tokens < 1_000) return String(tokens);
  if (tokens < 1_000_000) return `${(tokens / 1_000).toFixed(tokens < 100_000 ? 1 : 0)}k`;
  return `${(tokens / 1_000_000).toFixed(2)}M`;
}

/** US dollars with as many decimals as make a small sum visible. */
export function formatUsd(usd: number): string {
  return `$${usd.toFixed(usd !== 0 && usd < 1 ? 4 : 2)}`;
}

/** A duration for people: 850 ms, 12.3 s, 4 min 05 s. */
export function formatElapsed(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1_000);
  return `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, "0")} s`;
}

/** What only colours: it hides nothing but digits. */
const COLOURS = new RegExp(String.raw`\u001b\[[0-9;]*m`, "g");

/** Text from a model or a repository that cannot steer a terminal, nor hide anything: see `visible`. Colours are left out. */
export function harmless(text: string): string {
  return visible(text.replace(COLOURS, ""));
}

/** The same on one line, cut to a length. */
export function singleLine(text: string, maxChars = 400): string {
  const flat = harmless(text).replace(/\s+/g, " ").trim();
  return flat.length <= maxChars ? flat : `${flat.slice(0, maxChars - 1)}…`;
}
