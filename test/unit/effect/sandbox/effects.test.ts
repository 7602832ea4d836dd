import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { afterEach, beforeEach, expect, it } from "vitest";
import { type Bench, describeWalls } from "./fixture.js";

const sha = (text: string): string => createHash("sha256").update(text).digest("hex");

describeWalls("The net effects of a command", (openBench) => {
  let bench: Bench;
  beforeEach(async () => {
    bench = await openBench();
  });
  afterEach(() => bench.dispose());

  it("are none when nothing changed, nor when content was only copied up", async () => {
    await bench.sh("true");
    expect(await bench.changes()).toEqual([]);
    await bench.sh("touch a.txt src/x.js; cp a.txt /tmp/c; cat /tmp/c > a.txt; chmod g+w a.txt");
    expect(await bench.changes()).toEqual([]);
  });

  it("carry the hashes of content before and after", async () => {
    await bench.sh("printf beta > a.txt; printf new > n.txt; rm src/x.js; : > tree/one");
    expect(await bench.changes()).toEqual([
      { path: "a.txt", kind: "modify", before: sha("alpha\n"), after: sha("beta") },
      { path: "n.txt", kind: "add", before: null, after: sha("new") },
      { path: "src/x.js", kind: "delete", before: sha("export const x = 1;\n"), after: null },
      { path: "tree/one", kind: "modify", before: sha("1\n"), after: sha("") },
    ]);
  });

  it.each([
    ["a removed directory", "rm -r tree", ["delete tree"]],
    ["a directory removed and made again", "rm -r tree; mkdir tree", ["delete tree/one", "delete tree/two"]],
    ["one made again with some of it", "rm -r tree; mkdir tree; echo 1 > tree/one", ["delete tree/two"]],
    [
      "a nested directory made again",
      "rm -r src/deep; mkdir src/deep; touch src/deep/z",
      ["delete src/deep/y.js", "add src/deep/z"],
    ],
    ["a rename", "mv a.txt b.txt", ["delete a.txt", "add b.txt"]],
    ["a renamed directory", "mv tree wood", ["delete tree", "add wood/one", "add wood/two"]],
    ["git rm", "git rm -q --cached a.txt || rm a.txt", ["delete a.txt"]],
    ["truncation", "truncate -s 0 a.txt", ["modify a.txt"]],
    ["a delete undone", "rm a.txt; printf 'alpha\\n' > a.txt", []],
    ["a file in place of a directory", "rm -r tree; echo x > tree", ["type tree"]],
    ["a directory in place of a file", "rm a.txt; mkdir a.txt; echo x > a.txt/f", ["type a.txt", "add a.txt/f"]],
    ["a new link", "ln -s a.txt l", ["link l"]],
    ["a link in place of a file", "ln -sf /etc/passwd a.txt", ["link a.txt"]],
    ["a link in place of a directory", "rm -r tree; ln -s src tree", ["link tree"]],
    ["a FIFO", "mkfifo f", ["special f"]],
    ["a FIFO in place of a file", "rm a.txt; mkfifo a.txt", ["special a.txt"]],
    ["a socket", "perl -MSocket -e 'socket(S,PF_UNIX,SOCK_STREAM,0);bind(S,pack_sockaddr_un(\"s\"))'", ["special s"]],
    ["a hard link", "ln a.txt hard", ["add hard"]],
    ["an executable bit", "chmod +x a.txt", ["mode a.txt"]],
    ["an executable bit with new content", "echo x > a.txt; chmod 777 a.txt", ["modify a.txt", "mode a.txt"]],
    ["a setuid file", "echo x > s; chmod 4755 s", ["add s", "mode s"]],
    ["a mode that locks everyone out", "chmod 000 a.txt", ["mode a.txt"]],
    ["a locked directory", "chmod 000 tree", ["mode tree"]],
    ["a directory that cannot be searched", "echo x > tree/new; chmod 600 tree", ["mode tree", "add tree/new"]],
    ["an unreadable new file", "echo x > n; chmod 000 n", ["add n"]],
    ["a new directory with a file", "mkdir -p p/q; echo x > p/q/f", ["add p/q/f"]],
    ["new empty directories", "mkdir -p p/q r", ["add p/q", "add r"]],
    ["names with odd characters", "touch 'a b' '$(x)' \"it's\"", ["add $(x)", "add a b", "add it's"]],
  ])("of %s", async (_, command, expected) => {
    const run = await bench.sh(command);
    expect(run.stopped).toBeNull();
    expect(await bench.effects()).toEqual(expected);
  });

  it("list a name that is no text as special, and a path with a line break as it is", async () => {
    await bench.sh("touch \"$(printf '\\377\\376')\"; touch \"$(printf 'a\\nb')\"");
    const changes = await bench.changes();
    expect(changes.map((change) => change.kind).sort()).toEqual(["add", "special"]);
    expect(changes.some((change) => change.path === "a\nb")).toBe(true);
  });

  it("read a link of the base as what it is", async () => {
    const other = await openBench();
    try {
      const { symlinkSync } = await import("node:fs");
      symlinkSync("a.txt", `${other.spec.lower}/l`);
      symlinkSync("src", `${other.spec.lower}/d`);
      await other.sh("touch -h l; rm d; mkdir d; echo x > d/x.js");
      expect(await other.effects()).toEqual(["type d", "add d/x.js"]);
      await other.sh("ln -sfn tree l");
      expect(await other.effects()).toContain("link l");
      await other.sh("rm l; echo x > l");
      expect(await other.effects()).toContain("type l");
    } finally {
      await other.dispose();
    }
  });

  it("are refused whole beyond the bound, not cut", async () => {
    await bench.run(["perl", "-e", 'symlink "a.txt", "l$_" or die for 0 .. 10_000']); // of links nothing is read
    await expect(bench.changes()).rejects.toMatchObject({ code: "EFFECTS_LIMIT" });
  });

  it("are refused unread when their files are longer together than is looked at, whatever disk they take", async () => {
    await bench.sh("for i in 1 2 3; do truncate -s 700M f$i; done");
    await expect(bench.changes()).rejects.toMatchObject({
      code: "EFFECTS_LIMIT",
      message: expect.stringContaining("hold more than"),
    });
  });

  it("are refused whole where their names alone would fill the log", async () => {
    const deep = Array.from({ length: 14 }, (_, level) => String(level % 10).repeat(200)).join("/");
    await bench.sh(`mkdir -p ${deep}; cd ${deep}; seq 800 | xargs touch`);
    await expect(bench.changes()).rejects.toMatchObject({
      code: "EFFECTS_LIMIT",
      message: expect.stringContaining("the names of what the command changed"),
    });
  });

  it("are refused where one file was cut off, though its program hides that it was ended", async () => {
    await bench.sh("truncate -s 1G f; head -c 1 /dev/zero >> f; true");
    await expect(bench.changes()).rejects.toMatchObject({
      code: "EFFECTS_LIMIT",
      message: expect.stringContaining("it was cut off"),
    });
  });

  it("are refused, and can be removed, when a command nests directories deeper than a path can say", async () => {
    await bench.run(["perl", "-e", '$d = "d" x 200; for (1..40) { mkdir $d; chdir $d or die }']);
    await expect(bench.changes()).rejects.toMatchObject({ code: "EFFECTS_LIMIT" });
    await bench.dispose();
    expect(() => readFileSync(bench.dir)).toThrow("ENOENT");
    bench = await openBench();
  });
});
