import { z } from "zod";

/** What happened to a path, net (DESIGN §8). */
export const changeKindSchema = z.enum(["add", "modify", "delete", "type", "link", "special", "mode"]);
export type ChangeKind = z.infer<typeof changeKindSchema>;

/** One net effect of a call on the workspace. Hashes are SHA-256 of the content, null where absent. */
export const changeSchema = z.strictObject({
  path: z.string(),
  kind: changeKindSchema,
  before: z.string().nullable(),
  after: z.string().nullable(),
});
export type Change = z.infer<typeof changeSchema>;

/** An effect the capability forbids, and the rule that says so. */
export const refusedChangeSchema = z.strictObject({ path: z.string(), kind: changeKindSchema, rule: z.string() });
export type RefusedChange = z.infer<typeof refusedChangeSchema>;

/** The effects of one call: all kept, or all discarded. */
export const effectsSchema = z.strictObject({
  kept: z.boolean(),
  changes: z.array(changeSchema),
  refused: z.array(refusedChangeSchema),
});
export type Effects = z.infer<typeof effectsSchema>;

/** What a command left behind. `exit_code` is null when a limit or a signal ended it. */
export const commandResultSchema = z.strictObject({
  exit_code: z.int().nullable(),
  stdout: z.string(),
  stderr: z.string(),
});
export type CommandResult = z.infer<typeof commandResultSchema>;
