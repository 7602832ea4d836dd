// Runs the attack and benign suites whole by each sandbox and, from root, as an ordinary user, too: minutes for each, which is
// why `.ci/run` takes one. The user must be able to read this folder. node scripts/attack-everywhere.mjs
import { spawnSync } from "node:child_process";
import { chownSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

process.chdir(fileURLToPath(new URL("..", import.meta.url)));
const NOBODY = 65_534;
const own = process.getuid();

/** Runs the suites by one sandbox as one user; prints what came of it and says whether it was all green. */
function attack(backend, user) {
  const home = mkdtempSync(join(tmpdir(), "worknode-attack-"));
  chownSync(home, user, user);
  const become = user === own ? [] : ["setpriv", "--reuid", user, "--regid", user, "--clear-groups", "--"];
  const report = join(home, "report.json");
  const suites = [
    "--run", // not `run`, which bundles the sources first: into this folder, where another user may not write
    "test/scenario/attacks",
    "--configLoader",
    "runner",
    "--reporter=json",
    `--outputFile=${report}`,
  ];
  const [program, ...args] = [...become, process.execPath, "node_modules/vitest/vitest.mjs", ...suites].map(String);
  const env = { PATH: process.env.PATH, HOME: home, LANG: "C.UTF-8", WORKNODE_SANDBOX: backend };
  const run = spawnSync(program, args, { env, stdio: ["ignore", "ignore", "pipe"], encoding: "utf8" });
  try {
    const { numPassedTests, numFailedTests, numPendingTests, testResults } = JSON.parse(readFileSync(report, "utf8"));
    console.log(
      `${backend}, user ${user}: ${numPassedTests} passed, ${numFailedTests} failed, ${numPendingTests} skipped`,
    );
    for (const { status, fullName, failureMessages } of testResults.flatMap((file) => file.assertionResults))
      if (status === "failed") console.log(`  ${fullName}: ${failureMessages.join(" ").slice(0, 500)}`);
  } catch (thrown) {
    console.log(`${backend}, user ${user}: no report (${thrown.message})\n${run.stderr}`);
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
  return run.status === 0;
}

const users = own === 0 ? [own, NOBODY] : [own];
const green = ["util-linux", "bubblewrap"].flatMap((backend) => users.map((user) => attack(backend, user)));
process.exitCode = green.every(Boolean) ? 0 : 1;
