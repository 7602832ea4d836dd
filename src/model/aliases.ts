import type { ModelAlias } from "../schema/tier.js";

/** Current ids of the three aliases (2026-11). */
const CURRENT: Record<ModelAlias, string> = {
  opus: "claude-opus-5-5",
  sonnet: "claude-sonnet-5-5",
  haiku: "claude-haiku-5-5",
};

/**
 * The literal model id of an alias or id: `opus`, `sonnet` and `haiku` map through
 * ANTHROPIC_DEFAULT_<ALIAS>_MODEL, else to the current ids; anything else is an id already
 * (DESIGN §10, REQUIREMENTS C13).
 */
export function resolveModel(aliasOrId: string, env: Readonly<Record<string, string | undefined>>): string {
  if (!Object.hasOwn(CURRENT, aliasOrId)) return aliasOrId;
  const set = env[`ANTHROPIC_DEFAULT_${aliasOrId.toUpperCase()}_MODEL`]?.trim();
  return set || CURRENT[aliasOrId as ModelAlias];
}
