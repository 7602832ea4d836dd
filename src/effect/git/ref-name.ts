import { isPlainName } from "./object-reader.js";

/** Where git looks for a short name, in its order. */
const PLACES = ["refs/", "refs/tags/", "refs/heads/", "refs/remotes/"];
const WHOLE_ID = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;
const SHORT_ID = /^[0-9a-f]{4,}$/;

/** The refs that a short name may stand for, what follows it (`~2`, `^{commit}`, `@{1}`) left off. None where git looks in one place alone. */
export function longNames(name: string): string[] {
  const ref = shortName(name);
  const isFixed = ref === "HEAD" || ref.startsWith("refs/") || WHOLE_ID.test(ref) || !isPlainName(ref);
  return isFixed ? [] : PLACES.map((place) => `${place}${ref}`);
}

/** Whether refs that were found for a name differ, or differ from what the name is as an id's beginning. */
export function isAmbiguous(name: string, ids: readonly (string | undefined)[]): boolean {
  const ref = shortName(name);
  const found = new Set(ids.filter((id) => id !== undefined));
  return found.size > 1 || (SHORT_ID.test(ref) && [...found].some((id) => !id.startsWith(ref)));
}

function shortName(name: string): string {
  return name.replace(/(?:[~^:]|@\{).*$/s, "");
}
