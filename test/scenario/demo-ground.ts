import { spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";

/** How a demo ended. */
export interface DemoEnd {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs a program's demo as a user would, with a folder as its home and for what is temporary. */
export function demo(main: string, folder: string, env: Record<string, string> = {}): Promise<DemoEnd> {
  const own = {
    PATH: process.env["PATH"] ?? "",
    HOME: folder,
    TMPDIR: folder,
    LANG: "C.UTF-8",
    ANTHROPIC_BASE_URL: "http://127.0.0.1:1",
    ...env,
  };
  const child = spawn(process.execPath, [main, "demo"], { env: own, cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
  let out = "";
  let err = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (out += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (err += text));
  return new Promise((resolve) => child.on("close", (code) => resolve({ code, out, err })));
}

/** Every incident of a demo in a sandbox, in its order, and what it leaves in its folder. */
export function expectWholeDemo({ code, out, err }: DemoEnd, folder: string): void {
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
  const [base = ""] = readdirSync(folder).filter((name) => name.startsWith("worknode-demo-"));
  const repository = join(folder, base, "formatkit");
  expect(out).toContain(`rm -rf ${join(folder, base)}`);
  expect(existsSync(join(repository, "src/number.js"))).toBe(false);
  expect(readFileSync(join(repository, "README.md"), "utf8")).not.toContain("truncate");
}
