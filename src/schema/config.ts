import { z } from "zod";
import { commandSchema, planPathSchema, planTextSchema } from "./plan-scalar.js";
import { planVerifySchema } from "./plan-task.js";

/** Kinds of project `init` knows. */
export const projectKindSchema = z.enum(["node", "python", "c", "go", "rust"]);

/** A project of the repository: a folder with a manifest, and the commands that verify work in it. */
export const configProjectSchema = z.strictObject({
  /** Its folder, `.` for the repository itself. */
  path: planTextSchema,
  kind: projectKindSchema,
  /** Commands as a task's `verify` has them; absent where no test was found. */
  verify: planVerifySchema.optional(),
});
export type ConfigProject = z.infer<typeof configProjectSchema>;

/** `.worknode/config.yaml`: what `init` found and a person may correct; plans are drafted from it. */
export const configSchema = z.strictObject({
  apiVersion: z.literal("worknode/v1"),
  kind: z.literal("Config"),
  packageManager: z.enum(["npm", "pnpm", "yarn", "bun"]).optional(),
  /** Workspace patterns of the package manager. */
  workspaces: z.array(planTextSchema).default([]),
  languages: z.array(planTextSchema).default([]),
  /** Files that tell agents how to work here, for example CLAUDE.md. */
  instructions: z.array(planPathSchema).default([]),
  /** Teams that plans name as reviewers (`team/name`), and their people by user name or git e-mail. */
  teams: z
    .record(
      z.string().regex(/^[^\s/]+(\/[^\s/]+)+$/, "is no team: write owner/name"),
      z.array(planTextSchema).max(1_000),
    )
    .optional(),
  projects: z.array(configProjectSchema).max(1_000).default([]),
  workspace: z
    .strictObject({
      toolchains: z.array(z.string().min(1)).default([]),
      link: z.array(planPathSchema).default([]),
      prepare: z.strictObject({ command: commandSchema, network: z.boolean().default(false) }).optional(),
    })
    .prefault({}),
});
export type Config = z.infer<typeof configSchema>;
