import type { CheckReport } from "../../schema/check-report.js";
import { checkChange } from "./check-change.js";
import { checkTree } from "./check-tree.js";
import { nothingChanged } from "./nothing-changed.js";
import { type Reading, readRules } from "./rules.js";

/** Reads the rules and judges. As `runCheck`. */
export async function judgeSubject(reading: Reading): Promise<CheckReport> {
  const { subject, place, wish } = reading;
  const judged = await readRules(reading);
  if (subject.scope === "all") return await checkTree(place, judged, wish);
  if (subject.differences?.length === 0) return nothingChanged(subject, judged.mode);
  return await checkChange(place, judged, wish);
}
