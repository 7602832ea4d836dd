import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, expect, it } from "vitest";
import { probeBackends } from "../../src/effect/sandbox/probe.js";

const MAIN = fileURLToPath(new URL("../../dist/main.js", import.meta.url));
const probeDir = mkdtempSync(join(tmpdir(), "worknode-probe-"));
const sandbox = (await probeBackends({ stateDir: probeDir })).chosen;
rmSync(probeDir, { recursive: true, force: true });

let temporary = "";
afterEach(() => rmSync(temporary, { recursive: true, force: true }));

/** Runs the built program as a user would, with a home and a temporary folder of its own. */
function demo(env: Record<string, string>): Promise<{ code: number | null; out: string; err: string }> {
  temporary = mkdtempSync(join(tmpdir(), "worknode-demo-test-"));
  const own = {
    PATH: process.env["PATH"] ?? "",
    HOME: temporary,
    TMPDIR: temporary,
    LANG: "C.UTF-8",
    ANTHROPIC_BASE_URL: "http://127.0.0.1:1",
    ...env,
  };
  const child = spawn(process.execPath, [MAIN, "demo"], { env: own, stdio: ["ignore", "pipe", "pipe"] });
  let out = "";
  let err = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (out += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (err += text));
  return new Promise((resolve) => child.on("close", (code) => resolve({ code, out, err })));
}

it("the program is built (run `npm run build` first)", () => {
  expect(existsSync(MAIN)).toBe(true);
});

const why = sandbox === null ? " [skipped: no sandbox on this machine]" : "";
it.skipIf(sandbox === null)(
  `the demo shows every incident as it happens, is killed, continued and proved${why}`,
  { timeout: 180_000 },
  async () => {
    const { code, out, err } = await demo({});
    expect(err).toBe("");
    expect(code, out).toBe(0);
    const order = [
      "Only the model's words are scripted",
      "plan review by lead: ACCEPT",
      "kill -9",
      "worknode continue",
      "Resuming FK-003 (Lay out rows of names and numbers as a table).",
      "Starting now...",
      "Done (exit 0)",
      "what the log proves",
      "with a real model",
      "delete it with: rm -rf",
    ];
    const places = order.map((text) => out.indexOf(text));
    expect(
      places.every((place) => place >= 0),
      JSON.stringify(places),
    ).toBe(true);
    expect(places).toEqual(places.toSorted((a, b) => a - b));
    for (const incident of [
      /FK-001: DENIED.*File not in agent's assigned scope {2}\[numbers Write package\.json\]/,
      /executive is told.*File not in agent's assigned scope/,
      /FK-001: effects discarded.*test\/cases\.yaml \(file-whitelist\) {2}\[numbers Bash sed -i/,
      /FK-004: not yet: ERROR_REVIEW Needs an auditor's sign-off first {2}\[numbers Bash sed -i/,
      /FK-004: approved after review {2}\[numbers Bash sed -i/,
      /FK-004: kept README\.md \(modify\) {2}\[numbers Bash sed -i/,
      /FK-002: DENIED.*Attempting to modify future phase {2}\[texts Write README\.md\]/,
      /FK-002: DENIED.*Function complexity 11 exceeds agent limit 8/,
      /FK-002: model request .* attempt 1: stream_cut/,
      /FK-001: REJECT by checker, attempt 1: formatNumber\(1e21\)/,
      /FK-001: done at attempt 2/,
      /FK-003: verified in the sandbox: test exit 0/,
      /replies received whole, 0 of them asked for twice/,
      /result {4}branch worknode\/formatkit\/1/,
    ])
      expect(out).toMatch(incident);
    expect(out).not.toContain("NOT FOUND");
    const [base = ""] = readdirSync(temporary).filter((name) => name.startsWith("worknode-demo-"));
    const repository = join(temporary, base, "formatkit");
    expect(out).toContain(`rm -rf ${join(temporary, base)}`);
    expect(existsSync(join(repository, "src/number.js"))).toBe(false);
    expect(readFileSync(join(repository, "README.md"), "utf8")).not.toContain("truncate");
  },
);

it("the demo without a sandbox marks its commands refused, prints the fix, shows the rest and is exit 4", {
  timeout: 180_000,
}, async () => {
  const { code, out } = await demo({ WORKNODE_SANDBOX: "none" });
  expect(code, out).toBe(4);
  expect(out.match(/^refused {2}FK-00\d: node --test/gm)).toHaveLength(3);
  expect(out).toContain("fix: unset WORKNODE_SANDBOX");
  expect(out).toContain("DENIED before anything was touched");
  expect(out).toContain("Resuming FK-003");
  expect(out).not.toContain("verified in the sandbox");
  expect(out).not.toContain("NOT FOUND");
});
