import { describe, expect, it } from "vitest";
import { renderDenials } from "../../../src/crew/state/denial-text.js";
import { invalidInput } from "../../../src/gate/checks.js";
import { denialOf, missing } from "../../../src/gate/denial.js";

const unfit = denialOf("implementer", "schema", invalidInput("Write", "content: expected string"));
const unknown = denialOf("implementer", "plan", missing("no path is named"));
const forbidden = denialOf("implementer", "capability", {
  code: "ERROR_CAPABILITY",
  rule: "capability",
  message: "Not within the agent's capability",
  object: "Write",
  remedy: "Use the tools you were given.",
});

/** The codes a model is told of. */
const told = (text: string): string[] => text.match(/^ERROR_\w+/gm) ?? [];

describe("what a model is told of a refusal", () => {
  it("says of input that does not fit what is wrong with it, and not what could not be judged for that reason", () => {
    expect(told(renderDenials([unfit, unknown]))).toEqual(["ERROR_INVALID_INPUT"]);
    expect(renderDenials([unfit])).toContain("object: Write\nremedy: Call one of the offered tools");
  });

  it("says of such input, too, what the agent may not do in any case", () => {
    expect(told(renderDenials([unfit, forbidden, unknown]))).toEqual(["ERROR_INVALID_INPUT", "ERROR_CAPABILITY"]);
  });

  it("says all of any other", () => {
    expect(told(renderDenials([forbidden, unknown]))).toEqual(["ERROR_CAPABILITY", "ERROR_MISSING_FACT"]);
  });
});
