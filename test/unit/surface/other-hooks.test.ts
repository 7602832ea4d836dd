import { expect, it } from "vitest";
import { otherHooks } from "../../../src/surface/hook/other-hooks.js";

function found(hooks: unknown): string[] {
  return otherHooks([{ kind: "user", path: "/s.json", settings: { hooks } }]).map(({ says }) => says);
}

const group = (matcher: unknown, command = "x") => [{ matcher, hooks: [{ type: "command", command }] }];

it("finds other hooks that are asked about calls, by every matcher that means one", () => {
  for (const matcher of [undefined, "", "*", "Bash", "Write|Edit", "Ba.*", "mcp__fs__.*", "(", 7])
    expect(found({ PreToolUse: group(matcher) }), String(matcher)).toEqual(["x"]);
  expect(found({ PermissionRequest: group("Bash") })).toEqual(["x"]);
  for (const matcher of ["ExitPlanMode", "AskUserQuestion|TodoWrite", "bash"])
    expect(found({ PreToolUse: group(matcher) }), matcher).toEqual([]);
  expect(found({ PostToolUse: group("*"), Stop: group("*") })).toEqual([]);
  expect(found({ PreToolUse: group("*", "worknode hook send") })).toEqual([]);
  for (const broken of [null, [], { PreToolUse: {} }, { PreToolUse: [null, 7, {}] }]) expect(found(broken)).toEqual([]);
});
