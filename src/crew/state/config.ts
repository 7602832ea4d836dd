import { parse } from "yaml";
import type { CheckoutView } from "../../effect/repository/checkout-survey.js";
import { invalid } from "../../kernel/fault.js";
import { type Config, configSchema } from "../../schema/config.js";

/** The configuration of a repository, relative to it. */
export const CONFIG_PATH = ".worknode/config.yaml";

/** The repository's configuration; undefined before `init`. Throws Fault BAD_CONFIG (exit 2). */
export function readConfig(view: Pick<CheckoutView, "read">): Config | undefined {
  const text = view.read(CONFIG_PATH);
  if (text === undefined) return undefined;
  const parsed = configSchema.safeParse(parseText(text));
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);
  throw invalid("BAD_CONFIG", `${CONFIG_PATH}: ${faults.join("; ")}. Correct it, or move it away and run init again.`);
}

function parseText(text: string): unknown {
  try {
    return parse(text, { maxAliasCount: 0 });
  } catch (cause) {
    throw invalid("BAD_CONFIG", `${CONFIG_PATH} is not YAML. Correct it, or move it away and run init again.`, cause);
  }
}
