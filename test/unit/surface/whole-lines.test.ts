import { expect, it } from "vitest";
import { wholeLines } from "../../../src/surface/mcp/whole-lines.js";

function passed(pieces: readonly string[]): { lines: string[]; refused: unknown[] } {
  const refused: unknown[] = [];
  const stream = wholeLines(20, (id) => refused.push(id));
  const lines: string[] = [];
  stream.on("data", (line: Buffer) => lines.push(line.toString("utf8")));
  for (const piece of pieces) stream.write(piece);
  stream.read(0);
  return { lines, refused };
}

it("passes each line on in one piece, however it came", async () => {
  const { lines } = passed(["one", "\ntw", "o\nthree\nfo", "", "ur\n", "not yet"]);
  await new Promise((done) => setImmediate(done));
  expect(lines).toEqual(["one\n", "two\n", "three\n", "four\n"]);
});

it("passes nothing of a line that is too long, and says whose it was where that can be told", async () => {
  const long = "x".repeat(30);
  const pieces = [`{"a":"${long}`, `","id":7}\nshort\n`, `{"a":"${long}\\"id\\":8"}\n`, `${long}","id": "r-1"}\nend\n`];
  const { lines, refused } = passed(pieces);
  await new Promise((done) => setImmediate(done));
  expect(lines).toEqual(["short\n", "end\n"]);
  expect(refused).toEqual([7, undefined, "r-1"]);
});
