import { invalid } from "../kernel/fault.js";

/** Parts of the Messages API that a server may lack. */
export interface ModelProfile {
  /** Top-level `cache_control`. */
  readonly caching: boolean;
  /** `thinking: {type: "adaptive"}`, for models that have it. */
  readonly thinking: boolean;
  /** `output_config.effort`, for models that have it. */
  readonly effort: boolean;
}

/** Everything: the hosted API and the scripted model. */
export const FULL_PROFILE: ModelProfile = { caching: true, thinking: true, effort: true };
/** Nothing a gateway or a local server might refuse. */
export const BASIC_PROFILE: ModelProfile = { caching: false, thinking: false, effort: false };

const HOSTED = /^https:\/\/([a-z0-9-]+\.)*anthropic\.com(\/|$)/;
const PARTS: ReadonlySet<string> = new Set(["caching", "thinking", "effort"]);

/** Whether an address is the hosted API's own. */
export function isHosted(baseUrl: string): boolean {
  return HOSTED.test(baseUrl);
}

/**
 * The profile of a server. `setting` (WORKNODE_MODEL_PROFILE) is `full`, `basic`, or the parts that
 * are on, for example `caching,effort`; without it the hosted API gets everything and any other
 * server nothing. Throws Fault MODEL_PROFILE (exit 2) on any other word.
 */
export function resolveProfile(baseUrl: string, setting: string | undefined): ModelProfile {
  const chosen = (setting ?? "").replaceAll(" ", "");
  if (chosen === "") return isHosted(baseUrl) ? FULL_PROFILE : BASIC_PROFILE;
  if (chosen === "full") return FULL_PROFILE;
  return chosen === "basic" ? BASIC_PROFILE : profileOf(chosen.split(","));
}

function profileOf(words: readonly string[]): ModelProfile {
  const unknown = words.find((word) => !PARTS.has(word));
  if (unknown !== undefined)
    throw invalid(
      "MODEL_PROFILE",
      `WORKNODE_MODEL_PROFILE: unknown word "${unknown}". Use full, basic, or some of caching, thinking, effort with commas between.`,
    );
  return { caching: words.includes("caching"), thinking: words.includes("thinking"), effort: words.includes("effort") };
}

/** Claude models before adaptive thinking: 4.6 and older, and the 3 series. */
const NOT_ADAPTIVE = /claude-(3|[a-z]+-(3|4)(-[0-6])?(-\d{8})?$)/;

/** Whether a model takes adaptive thinking and effort. Names that are not Claude's follow the profile alone. */
export function isAdaptive(model: string): boolean {
  return !NOT_ADAPTIVE.test(model);
}
