import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { type Bench, describeWalls } from "./fixture.js";

/** Runs a program of the host's; whether it ended well. */
const ran = (...argv: string[]): boolean => spawnSync(argv[0] ?? "", argv.slice(1)).status === 0;

describeWalls("the namespaces of a command", (open) => {
  let bench: Bench;
  beforeEach(async () => {
    bench = await open();
  });
  afterEach(async () => await bench.dispose());

  it("give its files the usual modes, whatever mask worknode was started with", async () => {
    const mask = process.umask(0o077);
    try {
      const run = await bench.sh("umask; echo x > new.txt; mkdir new; stat -c %a new.txt new");
      expect(run.stdout).toBe("0022\n644\n755\n");
    } finally {
      process.umask(mask);
    }
  });

  it("show no socket of a program of the host's in a toolchain, by which a command could talk to it", async () => {
    const tools = join(bench.dir, "tools");
    mkdirSync(tools);
    const heard: string[] = [];
    const server = createServer((socket) => socket.on("error", () => undefined).end("from the host"));
    server.on("connection", () => heard.push("a command"));
    await new Promise<void>((done) => server.listen(join(tools, "service"), done));
    try {
      chmodSync(join(tools, "service"), 0o777);
      const connect = `require("net").connect(process.argv[1]).on("data", (said) => console.log(String(said))).on("error", ({ code }) => console.log(code))`;
      const argv = ["node", "-e", connect, join(tools, "service")];
      const run = await bench.run(argv, { toolchains: [...bench.spec.toolchains, tools] });
      expect([run.stdout, run.stderr, heard]).toEqual(["ECONNREFUSED\n", "", []]);
    } finally {
      await new Promise((done) => server.close(done));
    }
  });

  it("come up though a program of the host's ends, and takes its socket with it, while they are made", async () => {
    const tools = join(bench.dir, "tools");
    mkdirSync(tools);
    const server = createServer();
    await new Promise<void>((done) => server.listen(join(tools, "service"), done));
    const running = bench.run(["ls", "-A", tools], { toolchains: [...bench.spec.toolchains, tools] });
    rmSync(join(tools, "service")); // it was planned for by now
    expect(await running).toMatchObject({ exit_code: 0, stdout: "", stderr: "" });
    await new Promise((done) => server.close(done));
  });

  it("show nothing that the host mounts while it runs", async ({ skip }) => {
    const tools = join(bench.dir, "tools");
    mkdirSync(join(tools, "later"), { recursive: true });
    if (!ran("mount", "--bind", tools, tools)) return skip("only root mounts");
    try {
      expect(ran("mount", "--make-shared", tools)).toBe(true);
      const wait = `echo here > started; for i in $(seq 100); do cat ${tools}/later/secret && break; sleep 0.05; done 2>/dev/null`;
      const running = bench.sh(wait, { toolchains: [...bench.spec.toolchains, tools] });
      while (!existsSync(join(bench.spec.layer.upper, "started"))) await new Promise((done) => setTimeout(done, 20));
      expect(ran("mount", "-t", "tmpfs", "none", join(tools, "later"))).toBe(true);
      writeFileSync(join(tools, "later/secret"), "SECRET");
      expect((await running).stdout).toBe("");
    } finally {
      ran("umount", "-l", join(tools, "later"));
      ran("umount", "-l", tools);
    }
  });
});
