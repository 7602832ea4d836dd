import { z } from "zod";
import { invalid, messageOf } from "../../kernel/fault.js";
import { type CheckBaseline, checkBaselineSchema } from "../../schema/check-baseline.js";
import type { CheckFinding } from "../../schema/check-report.js";
import type { RuleFile } from "./rule-files.js";

type Entry = CheckBaseline["entries"][number];

/** Parses a baseline. Throws Fault BAD_BASELINE (exit 2). */
export function parseBaseline({ path, text }: RuleFile): CheckBaseline {
  try {
    return checkBaselineSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw invalid("BAD_BASELINE", `${path} is no baseline: ${faultOf(cause)}. Write it with --write-baseline.`, cause);
  }
}

/** What is wrong in one line, with its place. */
function faultOf(cause: unknown): string {
  if (!(cause instanceof z.ZodError)) return messageOf(cause);
  return cause.issues.map(({ path, message }) => `${path.join(".")}: ${message}`).join("; ");
}

function keyOf({ rule, file, function: name }: Pick<CheckFinding, "rule" | "file" | "function">): string {
  return JSON.stringify([rule, file, name]);
}

/** What of these findings the baseline does not hold: new ones, more of them, or worse ones. */
export function beyondBaseline(findings: readonly CheckFinding[], baseline: CheckBaseline | undefined): CheckFinding[] {
  const known = new Map((baseline?.entries ?? []).map((entry) => [keyOf(entry), { ...entry }]));
  return findings.filter((finding) => {
    const entry = known.get(keyOf(finding));
    if (entry === undefined || entry.count === 0 || finding.figure > entry.figure) return true;
    entry.count -= 1;
    return false;
  });
}

/** The findings as a baseline. */
function recorded(findings: readonly CheckFinding[]): Map<string, Entry> {
  const entries = new Map<string, Entry>();
  for (const finding of findings) {
    const { rule, file, function: name, figure } = finding;
    const known = entries.get(keyOf(finding));
    entries.set(keyOf(finding), {
      rule,
      file,
      function: name,
      count: (known?.count ?? 0) + 1,
      figure: Math.max(figure, known?.figure ?? figure),
    });
  }
  return entries;
}

/**
 * The baseline to write. The first holds everything that is found; a later one only tightens: what was mended goes,
 * figures go down, and nothing is added, so that writing it again never hides what is new.
 */
export function nextBaseline(findings: readonly CheckFinding[], before: CheckBaseline | undefined): CheckBaseline {
  const now = recorded(findings);
  if (before === undefined) return { version: 1, entries: [...now.values()] };
  const entries = before.entries.flatMap((entry) => {
    const found = now.get(keyOf(entry));
    if (found === undefined) return [];
    const figure = Math.min(entry.figure, found.figure);
    return [{ ...entry, count: Math.min(entry.count, found.count), figure }];
  });
  return { version: 1, entries };
}
