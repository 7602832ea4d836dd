import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { invalid } from "../../kernel/fault.js";
import type { CliContext } from "./context.js";

const USAGE = 2;

/** What the arguments said. */
export interface Parsed<Options> {
  readonly options: Options;
  readonly values: readonly string[];
}

/** How a verb prints: for people, one JSON object, or one JSON object a line. */
export type OutputFormat = "text" | "json" | "stream-json";

/** A commander program that ends nothing and prints where the context says. */
export function describeVerb(context: CliContext, name: string, summary: string): Command {
  return new Command(`worknode ${name}`)
    .description(summary)
    .exitOverride()
    .showHelpAfterError("(see --help)")
    .configureOutput({ writeOut: (text) => context.out.write(text), writeErr: (text) => context.err.write(text) });
}

const FORMATS = ["text", "json", "stream-json"] as const;

/**
 * `--output-format`: every verb takes every format (DESIGN §13). One that has a single object prints it as a stream of
 * one line, and one that has lines prints them for `json` as well.
 */
export function formatOption(formats: readonly OutputFormat[] = ["text", "json"]): Option {
  const only = formats.find((format) => format !== "text") ?? "text";
  return new Option("--output-format <format>", `how to print (choices: ${FORMATS.join(", ")})`)
    .argParser((text): OutputFormat => {
      const format = FORMATS.find((each) => each === text);
      if (format === undefined) throw new InvalidArgumentError(`Allowed choices are ${FORMATS.join(", ")}.`);
      return formats.includes(format) ? format : only;
    })
    .default("text");
}

/** A whole number of at least `min`. */
export function wholeNumber(min: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || !Number.isSafeInteger(value) || value < min) {
      throw new InvalidArgumentError(`It must be a whole number of at least ${min}.`);
    }
    return value;
  };
}

/** Parses, then does the work. Wrong usage is explained on standard error: exit 2; `--help` is exit 0. */
export async function withArguments<Options>(
  command: Command,
  args: readonly string[],
  work: (parsed: Parsed<Options>) => Promise<number>,
): Promise<number> {
  try {
    command.parse([...args], { from: "user" });
  } catch (thrown) {
    if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? 0 : USAGE;
    throw thrown;
  }
  return await work({ options: command.opts() as Options, values: command.args });
}

/** `--input name=value`, given as often as needed. Throws Fault BAD_INPUT (exit 2). */
export function collectInput(text: string, before: Record<string, string>): Record<string, string> {
  const cut = text.indexOf("=");
  if (cut < 1) throw invalid("BAD_INPUT", `--input ${text}: write it as name=value.`);
  return { ...before, [text.slice(0, cut)]: text.slice(cut + 1) };
}
