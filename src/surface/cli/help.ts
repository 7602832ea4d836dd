import type { VerbEntry } from "./verbs.js";

const HEAD = `worknode: a crew of LLM agents that can do only what the plan allows, and that never forgets where it was.

Usage: worknode <verb> [arguments]
`;

const EXITS = `Exit codes: 0 done and verified, 1 internal fault, 2 usage or invalid input, 3 blocked by policy,
4 rejected or unverified, 5 over budget, 6 a person is needed, 7 nothing to continue, 130 interrupted.
`;

/** The text of `--help`: the eight verbs a newcomer needs first, or all. Ends with a newline. */
export function helpText(verbs: Readonly<Record<string, VerbEntry>>, all: boolean): string {
  const shown = Object.entries(verbs).filter(([, verb]) => verb.hidden !== true && (all || verb.first));
  const width = Math.max(...shown.map(([name]) => name.length));
  const lines = shown.map(([name, verb]) => `  ${name.padEnd(width)}  ${verb.summary}`);
  const more = all ? "" : "Every verb: `worknode help --all`. ";
  return `${HEAD}\n${lines.join("\n")}\n\n${more}One verb: \`worknode <verb> --help\`.\n${EXITS}`;
}
