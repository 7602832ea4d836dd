import { expect, it } from "vitest";
import { checkPolicySchema } from "../../../../src/schema/check-policy.js";
import { defaultPolicy } from "../../../../src/surface/check/default-policy.js";

it("is, where a repository has none, what the schema makes of a policy that says nothing", () => {
  expect(defaultPolicy).toEqual(checkPolicySchema.parse({ version: 1 }));
});
