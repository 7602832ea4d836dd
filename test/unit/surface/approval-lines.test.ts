import { expect, it } from "vitest";
import type { ApprovalRow } from "../../../src/store/agent-rows.js";
import { approvalLines, approvalOverview, askedLine } from "../../../src/surface/cli/approval-lines.js";

const CHANGES = Array.from({ length: 12 }, (_, at) => `+ line ${at + 1}`);
const asked: ApprovalRow = {
  id: "ap_1",
  cycle: 2,
  task: "A",
  kind: "call",
  proposal_hash: "h",
  message: ["A wants to write x.js:", ...CHANGES].join("\n"),
  require: [],
  exclude: [],
  expires_at: 0,
  decision: null,
  resolutions: [],
  requested_seq: 1,
};
const ANSWERS = "  worknode approve ap_1   |   worknode reject ap_1 --reason TEXT";

it("an approval's id stands before what a narrow place may cut off", () => {
  expect(askedLine(asked).split("\n").slice(0, 2)).toEqual([
    "A wants to write x.js: (worknode approve ap_1)",
    "+ line 1",
  ]);
});

it("an overview shows eight lines of a question and says how many more there are, and where", () => {
  expect(approvalOverview([asked]).slice(1)).toEqual([
    "  A wants to write x.js:",
    ...CHANGES.slice(0, 7).map((line) => `  ${line}`),
    "  (5 more lines: worknode approvals)",
    ANSWERS,
  ]);
  const short = { ...asked, message: CHANGES.slice(0, 8).join("\n") };
  expect(approvalOverview([short])).toEqual(approvalLines([short]));
});

it("where it is approved a question is whole, with the indents of code and nothing that moves the cursor", () => {
  const lines = approvalLines([{ ...asked, message: `${asked.message}\n+     deep\u001b[2K\ttab   ` }]);
  expect(lines[0]).toBe("ap_1  cycle 2 A  call  until 1970-01-01T00:00:00.000Z");
  expect(lines.slice(2, 14)).toEqual(CHANGES.map((line) => `  ${line}`));
  expect(lines[14]).toMatch(/^ {2}\+ {5}deep/);
  expect(lines.join("")).not.toContain("\u001b");
  expect(lines.at(-1)).toBe(ANSWERS);
  expect(approvalLines([])).toEqual(["Nothing waits for a person."]);
});
