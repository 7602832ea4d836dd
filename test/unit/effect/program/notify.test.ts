import { once } from "node:events";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { openNotifier } from "../../../../src/effect/program/notify.js";

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "notify-"));
});
afterEach(() => rmSync(dir, { recursive: true }));

function program(text: string): string {
  const path = join(dir, "tell");
  writeFileSync(path, `#!/bin/sh\n${text}\n`);
  chmodSync(path, 0o755);
  return path;
}
const open = (target: string, noticeMs?: number) =>
  openNotifier(target, {
    cwd: dir,
    env: { PATH: process.env["PATH"] ?? "" },
    ...(noticeMs === undefined ? {} : { noticeMs }),
  });

it("ends a program that hangs, with what it started, and tells the next notice all the same", async () => {
  const target = program(
    'read -r line; echo "$line" >> told; case "$line" in *first*) echo $$ > pid; sleep 1000 & wait;; esac',
  );
  const notifier = open(target, 1_000);
  notifier.send({ notice: "first" });
  notifier.send({ notice: "second" });
  const problems = await notifier.close();
  expect(problems).toEqual([`${target} took longer than 1000 ms and was ended`]);
  expect(readFileSync(join(dir, "told"), "utf8")).toBe('{"notice":"first"}\n{"notice":"second"}\n');
  const pid = readFileSync(join(dir, "pid"), "utf8").trim();
  await vi.waitFor(() => expect(existsSync(`/proc/${pid}`)).toBe(false), 10_000); // whoever adopted it takes it away
});

it("hands a command to the shell as a person wrote it, with quotes and redirections, and a notice on its input alone", async () => {
  const notifier = open(`sed "s/a b/$HERE/" > 'told of'; printf '%s' "$0 $#" >> 'told of'`, 1_000);
  notifier.send({ notice: "a b; $(touch made)" });
  expect(await notifier.close()).toEqual([]);
  expect(readFileSync(join(dir, "told of"), "utf8")).toBe('{"notice":"; $(touch made)"}/bin/sh 0');
  expect(existsSync(join(dir, "made"))).toBe(false);
});

it("counts what fails alike, and is no worse for a program that reads nothing", async () => {
  const notifier = open(program("exec 0<&-; exit 3"));
  for (const notice of ["a", "b"]) notifier.send({ notice, more: "x".repeat(1_000_000) });
  const [problem] = await notifier.close();
  expect(problem).toContain("ended with 3 (2 times)");
});

it("takes an address that hangs, fails or sends elsewhere for one that was not told, and goes nowhere else", async () => {
  const asked: string[] = [];
  const listener = createServer((request, reply) => {
    asked.push(`${request.method ?? ""} ${request.url ?? ""}`);
    if (request.url === "/moved") reply.writeHead(307, { location: "/elsewhere" }).end();
    if (request.url === "/broken") reply.writeHead(500).end("x".repeat(1_000_000));
  }).listen(0, "127.0.0.1");
  await once(listener, "listening");
  const { port } = listener.address() as AddressInfo;
  const told = async (path: string): Promise<string[]> => {
    const notifier = open(`http://127.0.0.1:${port}${path}`, 1_000);
    notifier.send({ notice: "done" });
    return await notifier.close();
  };
  expect(await told("/moved")).toEqual(["the address answered 307"]);
  expect(await told("/broken")).toEqual(["the address answered 500"]);
  expect(await told("/hangs")).toEqual([expect.stringMatching(/timeout/)]);
  expect(asked).toEqual(["POST /moved", "POST /broken", "POST /hangs"]);
  listener.closeAllConnections();
  listener.close();
});

it("keeps no more than a hundred waiting, and says how many it dropped", async () => {
  const target = join(dir, "nothing");
  const notifier = open(target);
  for (let count = 0; count < 150; count += 1) notifier.send({ count });
  const problems = await notifier.close();
  expect(problems).toContain("more than 100 notices waited; some were dropped (49 times)");
  expect(problems.find((problem) => problem.startsWith(target))).toContain("(101 times)");
});
