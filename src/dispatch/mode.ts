import { err, ok, type Result } from "../kernel/result.js";
import { type RolloutMode, rolloutModeSchema } from "../schema/result.js";

/** Where a mode may be set. Each is text as given, undefined where it is not set at all. */
export interface ModeSources {
  /** `--mode`. */
  readonly flag?: string | undefined;
  /** `WORKNODE_MODE`. */
  readonly env?: string | undefined;
  /** `rollout.mode` of the plan. */
  readonly plan?: string | undefined;
  readonly config?: string | undefined;
}

/** What the mode is for: actions on targets, or work in a task's own worktree. */
export type ModeScope = "targets" | "worktree";

/** The mode and who said so. */
export interface SelectedMode {
  readonly mode: RolloutMode;
  readonly source: keyof ModeSources | "default";
}

/** Highest precedence first (S2:42-47). */
const PRECEDENCE = ["flag", "env", "plan", "config"] as const;

/**
 * Selects the rollout mode. A value that is no mode is an error wherever it stands, also where another
 * source would win: never a default that executes. Targets default to `off`. Work in a task's own
 * worktree is isolated and runs (`enforced`) unless a flag or the environment forces it `off`
 * (REQUIREMENTS C29): the plan's and the configuration's modes are about targets.
 */
export function selectMode(sources: ModeSources, scope: ModeScope = "targets"): Result<SelectedMode, string> {
  const given: SelectedMode[] = [];
  for (const source of PRECEDENCE) {
    const text = sources[source];
    if (text === undefined) continue;
    const parsed = rolloutModeSchema.safeParse(text);
    if (!parsed.success) return err(unknownMode(source, text));
    given.push({ mode: parsed.data, source });
  }
  return ok(scope === "targets" ? (given[0] ?? { mode: "off", source: "default" }) : worktreeMode(given));
}

function worktreeMode(given: readonly SelectedMode[]): SelectedMode {
  const forced = given.find(({ source }) => source === "flag" || source === "env");
  if (forced?.mode === "off") return forced;
  return { mode: "enforced", source: forced?.mode === "enforced" ? forced.source : "default" };
}

function unknownMode(source: keyof ModeSources, text: unknown): string {
  const names = { flag: "--mode", env: "WORKNODE_MODE", plan: "rollout.mode of the plan", config: "the configuration" };
  return `${names[source]} is ${JSON.stringify(text) ?? String(text)}. Use ${rolloutModeSchema.options.join(", ")}.`;
}
