import { z } from "zod";

/**
 * Scalars a plan is made of. A message may start with `code|`: the linter reports that code
 * instead of the general one for its kind of issue.
 */

/** Names that end up in branch names, paths and record ids: no colon, no slash, no leading dot. */
export const planIdSchema = z
  .string()
  .max(64)
  .regex(/^[A-Za-z][A-Za-z0-9_-]*(\.[A-Za-z0-9_-]+)*$/, {
    error: "bad-id|an id starts with a letter and holds letters, digits, '-', '_' and single dots",
  });

/** A line a person reads; never empty. */
export const planTextSchema = z.string().trim().min(1, { error: "empty-text|must not be empty" });

const DURATION = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/;
const UNIT_MS: Record<string, number> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Milliseconds of a duration such as `500ms`, `4s`, `30m`, `6h`, `1d`; undefined when it is not one. */
export function parseDuration(text: string): number | undefined {
  const match = DURATION.exec(text);
  if (match === null) return undefined;
  const ms = Number(match[1]) * (UNIT_MS[match[2] ?? ""] ?? Number.NaN);
  return Number.isSafeInteger(ms) && ms > 0 ? ms : undefined;
}

const DURATION_MESSAGE = "bad-duration|a duration is a number and a unit (ms, s, m, h, d), for example 30m";

/** A duration in a plan: `30m`, or a number of milliseconds (S3:109). Normalised to milliseconds. */
export const durationSchema = z
  .union([z.int().positive(), z.string().regex(DURATION, { error: DURATION_MESSAGE })], { error: DURATION_MESSAGE })
  .transform((value, context) => {
    const ms = typeof value === "number" ? value : parseDuration(value);
    if (ms === undefined) context.addIssue({ code: "custom", message: DURATION_MESSAGE });
    return ms ?? 1;
  });

const INSTANT = /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?([Zz]|[+-]\d\d:\d\d)$/;
const INSTANT_MESSAGE =
  "bad-deadline|a deadline is a date and time with its offset, for example 2026-12-04T17:00:00+01:00";

/** Epoch milliseconds of an ISO 8601 instant with offset; undefined when it is not one (31 February is not). */
export function parseInstant(text: string): number | undefined {
  if (!INSTANT.test(text)) return undefined;
  const day = Number(text.slice(8, 10));
  const ms = Date.parse(text.replace(" ", "T").toUpperCase());
  const sameDay = new Date(`${text.slice(0, 10)}T00:00:00Z`).getUTCDate() === day;
  return Number.isNaN(ms) || !sameDay ? undefined : ms;
}

/** A point in time with its offset, normalised to Unix epoch milliseconds. */
export const instantSchema = z
  .string()
  .regex(INSTANT, { error: INSTANT_MESSAGE })
  .transform((text, context) => {
    const ms = parseInstant(text);
    if (ms === undefined) context.addIssue({ code: "custom", message: INSTANT_MESSAGE });
    return ms ?? 0;
  });

/** A command as an argument list (DESIGN §11); a shell string is a schema error. */
export const commandSchema = z
  .array(z.string({ error: 'bad-argument|an argument is a string; quote numbers, for example "5"' }), {
    error: "shell-string|a command is a list of arguments, not a shell string, for example [npm, test]",
  })
  .min(1, { error: "empty-command|a command needs at least its program" });
export type Command = z.infer<typeof commandSchema>;

/** A CEL expression, bare or as `${{ ... }}`. Parsed and type-checked by the linter, not here. */
export const expressionSchema = z.string().trim().min(1, { error: "empty-text|an expression must not be empty" });

/** Text in which `${{ ... }}` parts are replaced by their values. */
export const templateSchema = z.string();

/** Repository-relative path or anchored pattern; the linter applies the path rules of DESIGN §7. */
export const planPathSchema = z.string().min(1, { error: "empty-path|a path must not be empty" });

/** Types a plan's inputs and outputs may have. */
export const valueTypeSchema = z.enum(["string", "number", "boolean", "list", "map"]);
export type ValueType = z.infer<typeof valueTypeSchema>;

/** A literal value of an input, an enum or a `with` entry. */
export const literalSchema = z.union([z.string(), z.number(), z.boolean()], {
  error: "bad-value|must be a string, a number or true/false",
});
