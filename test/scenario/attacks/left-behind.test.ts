import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { probeBackends } from "../../../src/effect/sandbox/probe.js";
import { PROBE_DIR } from "../harness.js";
import { type Ground, prepareGround } from "./ground.js";

const sandbox = await probeBackends({ stateDir: PROBE_DIR });

/** What one call leaves in scratch for worknode itself to walk into, when it keeps the next one. */
describe.skipIf(sandbox.chosen === null)("links to the host left in scratch", () => {
  let ground: Ground;
  let home: string;
  beforeAll(async () => {
    ground = await prepareGround();
    home = join(dirname(ground.repo.dir), "home");
    writeFileSync(join(home, ".bashrc"), "precious\n");
    mkdirSync(join(home, "work", "work"), { recursive: true, mode: 0o755 });
  });
  afterAll(() => ground.end());

  const modes = (): number[] => ["work", "work/work"].map((name) => statSync(join(home, name)).mode);
  const bash = async (command: string): Promise<unknown> => {
    const { report, exitCode } = await ground.call("Bash", { command });
    return { exitCode, kept: report.effects?.kept, changes: report.effects?.changes.map(({ path }) => path) };
  };

  it("take no scratch out to a home when a listed file is made in their place", async () => {
    const before = readdirSync(home).sort();
    expect(await bash(`ln -s ${home} made`)).toMatchObject({ kept: true });
    const named = "rm made; mkdir made; echo 'export const made = 1;' > made/bundle.js";
    const planted =
      "echo evil > made/.bashrc; mkdir made/.ssh; echo evil > made/.ssh/authorized_keys; echo evil > made/new";
    expect(await bash(`${named}; ${planted}`)).toEqual({ exitCode: 0, kept: true, changes: ["made/bundle.js"] });
    expect(readFileSync(join(home, ".bashrc"), "utf8")).toBe("precious\n");
    expect(readdirSync(join(home, ".ssh"))).toEqual(["id_ed25519"]);
    expect(readdirSync(home).sort()).toEqual(before);
  });

  it("change no mode of the host when they are removed or what holds them is", async () => {
    const before = modes();
    const link = `${home}/work`;
    await bash(`mkdir -p out/a; ln -s ${link} out/l; ln -s ${link} out/a/work; ln -s ${home} x.pyc`);
    expect(await bash("rm out/l x.pyc; rm -r out/a; echo file > out/a")).toMatchObject({ kept: true, changes: [] });
    expect(modes()).toEqual(before);
  });
});
