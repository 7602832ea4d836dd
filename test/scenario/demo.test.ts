import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it, onTestFinished } from "vitest";
import { demo } from "./demo-ground.js";

const MAIN = fileURLToPath(new URL("../../dist/main.js", import.meta.url));

it("the program is built (run `npm run build` first)", () => {
  expect(existsSync(MAIN)).toBe(true);
});

// The demo in a sandbox is run from the packed tarball alone (install.test.ts).
it("the demo without a sandbox marks its commands refused, prints the fix, shows the rest and is exit 4", {
  timeout: 180_000,
}, async () => {
  const folder = mkdtempSync(join(tmpdir(), "worknode-demo-test-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const { code, out } = await demo(MAIN, folder, { WORKNODE_SANDBOX: "none" });
  expect(code, out).toBe(4);
  expect(out.match(/^refused {2}FK-00\d: node --test/gm)).toHaveLength(3);
  expect(out).toContain("fix: unset WORKNODE_SANDBOX");
  expect(out).toContain("DENIED before anything was touched");
  expect(out).toContain("Resuming FK-003");
  expect(out).not.toContain("verified in the sandbox");
  expect(out).not.toContain("NOT FOUND");
});
