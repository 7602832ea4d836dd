import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { expect, it } from "vitest";
import { hostSockets, socketsIn } from "../../../../src/effect/sandbox/host-socket.js";
import { temporaryDirectory } from "../fixture.js";

it("are those in a place that is shown, whatever link they were bound or it is shown through", async () => {
  const dir = temporaryDirectory();
  const [shown, other] = [join(dir, "shown"), join(dir, "other")];
  for (const folder of [shown, other]) mkdirSync(folder);
  symlinkSync(shown, join(dir, "link"));
  const names = [join(shown, "a socket"), join(dir, "link", "linked"), join(other, "elsewhere")];
  const servers = await Promise.all(
    names.map((name) => {
      const server = createServer();
      return new Promise<typeof server>((done) => server.listen(name, () => done(server)));
    }),
  );
  try {
    const found = hostSockets();
    expect(socketsIn(shown, found)).toEqual([join(shown, "a socket"), join(shown, "linked")]);
    expect(socketsIn(join(dir, "link"), found)).toEqual([join(dir, "link", "a socket"), join(dir, "link", "linked")]);
  } finally {
    for (const server of servers) server.close();
  }
});

it("are none where a name is left over, is another kind of file by now, or no path at all", () => {
  const dir = temporaryDirectory();
  writeFileSync(join(dir, "file"), "");
  const row = (name: string): string => `0000000008b593b9: 00000002 00000000 00010000 0001 01 1587 ${name}\n`;
  const table = join(dir, "table");
  writeFileSync(
    table,
    `Num       RefCount Protocol Flags    Type St Inode Path\n${row(join(dir, "gone"))}${row(join(dir, "file"))}${row("@abstract")}`,
  );
  expect(hostSockets(table)).toEqual([]);
});

it("are none where the kernel knows no such sockets, and not to be told where they cannot be read", () => {
  const dir = temporaryDirectory();
  expect(hostSockets(join(dir, "none"))).toEqual([]);
  expect(() => hostSockets(dir)).toThrow("EISDIR");
});
