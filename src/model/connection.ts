import { invalid } from "../kernel/fault.js";
import { isHosted, type ModelProfile, resolveProfile } from "./profile.js";

/** Where and how a model is reached. */
export interface Connection {
  readonly baseUrl: string;
  readonly apiKey: string;
  readonly profile: ModelProfile;
}

const HOSTED_URL = "https://api.anthropic.com";
/** Sent to servers of one's own when there is no key: the header is required, its value is theirs to judge. */
const NO_KEY = "worknode-no-key";

/**
 * Reads ANTHROPIC_BASE_URL, ANTHROPIC_API_KEY and WORKNODE_MODEL_PROFILE. Throws Fault (exit 2):
 * MODEL_NO_KEY when the hosted API would be asked without a key, MODEL_BASE_URL for an address
 * that is none, MODEL_PROFILE.
 */
export function resolveConnection(env: Readonly<Record<string, string | undefined>>): Connection {
  const baseUrl = (env["ANTHROPIC_BASE_URL"] ?? "").trim() || HOSTED_URL;
  if (!isAddress(baseUrl))
    throw invalid(
      "MODEL_BASE_URL",
      `ANTHROPIC_BASE_URL: "${baseUrl}" is not an http or https address. Correct it or unset it for the hosted API.`,
    );
  const apiKey = (env["ANTHROPIC_API_KEY"] ?? "").trim();
  if (apiKey === "" && isHosted(baseUrl))
    throw invalid(
      "MODEL_NO_KEY",
      "No model to ask: ANTHROPIC_API_KEY is not set. Copy .env.example, fill in a key (or ANTHROPIC_BASE_URL of a compatible server) and try again; `worknode demo` needs neither.",
    );
  return { baseUrl, apiKey: apiKey || NO_KEY, profile: resolveProfile(baseUrl, env["WORKNODE_MODEL_PROFILE"]) };
}

function isAddress(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
}
