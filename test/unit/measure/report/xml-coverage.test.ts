import { describe, expect, it } from "vitest";
import { MAX_XML_REPORT_CHARS, MAX_XML_TAG_CHARS, MAX_XML_TAGS } from "../../../../src/kernel/bounds.js";
import { readCoverage } from "../../../../src/measure/report/coverage.js";

/** `path: line hits … | name line hits …` for each file, or the error. */
function read(text: string, format: "cobertura" | "jacoco"): string[] | string {
  const report = readCoverage(text, format);
  if (!report.ok) return report.error;
  return [...report.value.files].map(([path, { lines, functions }]) => {
    const shown = [...lines].map(([line, hits]) => `${line}x${hits}`);
    return `${path}: ${[...shown, ...functions.map(({ name, line, hits }) => `${name}@${line}x${hits}`)].join(" ")}`;
  });
}

const classOf = (inner: string, attributes = 'filename="a.c"'): string =>
  `<packages><package><classes><class ${attributes}>${inner}</class></classes></package></packages>`;
const cobertura = (inner: string, attributes?: string): string =>
  `<coverage>${classOf(`<lines>${inner}</lines>`, attributes)}</coverage>`;
const LINE = '<line number="1" hits="2"/>';
const ONE = ["a.c: 1x2"];

describe("a Cobertura report", () => {
  it("gives the lines of classes and methods, classes of one file together", () => {
    const methods =
      '<methods><method name="f"><lines><line number="4" hits="0"/><line number="3" hits="2"/></lines></method>' +
      '<method name="g"><lines><line number="9" hits="0"/></lines></method><method name="h"><lines/></method></methods>';
    const first = `<class filename="A.java">${methods}<lines><line number="3" hits="2"/></lines></class>`;
    const second =
      '<class filename="A.java"><lines><line number="3" hits="1"/><line number="7" hits="0"/></lines></class>';
    const text = `<coverage><packages><package><classes>${first}${second}</classes></package></packages></coverage>`;
    expect(read(text, "cobertura")).toEqual(["A.java: 3x3 4x0 9x0 7x0 f@3x2 g@9x0"]);
  });

  it("gives its sources as the roots of its paths", () => {
    const report = readCoverage(
      `<coverage><sources><source>/repo/a &amp; b</source><source> . </source></sources>${classOf(`<lines>${LINE}</lines>`)}</coverage>`,
      "cobertura",
    );
    expect(report).toMatchObject({ ok: true, value: { naming: "path", roots: ["/repo/a & b", "."] } });
  });

  it("has the entities every document has, and no others", () => {
    expect(read(cobertura(LINE, 'filename="a&lt;&#65;&#x42;&amp;amp;.c"'), "cobertura")).toEqual(["a<AB&amp;.c: 1x2"]);
    expect(read(cobertura(LINE, 'filename="a&own;.c"'), "cobertura")).toEqual(["a&own;.c: 1x2"]);
  });

  it.each([
    ["a class has no file name", cobertura(LINE, 'name="a"')],
    ["a line of a.c has no number or hits", cobertura('<line number="1"/>')],
    ["a line of a.c has no number or hits", cobertura('<line number="-1" hits="1"/>')],
    ["a line of a.c has no number or hits", cobertura('<line number="1e9" hits="1"/>')],
    ["a line of a.c has no number or hits", cobertura('<line number="1" hits="NaN"/>')],
    [
      "a line of a.c has no number or hits",
      `<coverage>${classOf('<methods><method name="f"><lines><line/></lines></method></methods>')}</coverage>`,
    ],
    ["the report holds no file", "<coverage/>"],
    ["the report holds no file", "<coverage><class filename='a.c'/></coverage>"],
    ["the report has no root element 'coverage'", "<report/>"],
  ])("is refused when %s", (error, text) => {
    expect(read(text, "cobertura")).toBe(error);
  });
});

describe("a JaCoCo report", () => {
  const counter = (covered: number): string =>
    `<counter type="LINE" missed="0" covered="7"/><counter type="METHOD" missed="0" covered="${covered}"/>`;
  const method = (name: string, line: number, covered: number): string =>
    `<method name="${name}" desc="()V" line="${line}">${counter(covered)}</method>`;

  it("gives lines by their instructions and methods by their counters, each to its source file", () => {
    const text = `<report name="x"><package name="p">
      <class name="p/A" sourcefilename="A.java">${method("f", 3, 1)}${method("&lt;init&gt;", 2, 0)}${method("&lt;clinit&gt;", 1, 1)}</class>
      <class name="p/A$In" sourcefilename="A.java">${method("&lt;init&gt;", 7, 1)}${method("lambda$f$0", 8, 0)}<method name="bridge" desc="()V">${counter(1)}</method></class>
      <class name="p/B" sourcefilename="B.java">${method("g", 1, 0)}</class>
      <sourcefile name="A.java"><line nr="3" mi="2" ci="1" mb="0" cb="0"/><line nr="4" mi="3" ci="0" mb="0" cb="0"/></sourcefile>
      <sourcefile name="B.java"/></package></report>`;
    expect(read(text, "jacoco")).toEqual(["p/A.java: 3x1 4x0 f@3x1 A@2x0 In@7x1 <anonymous>@8x0", "p/B.java: g@1x0"]);
  });

  it("names files behind the group that holds them, in the default package by their name alone", () => {
    const one = (hits: number): string =>
      `<package name=""><sourcefile name="A.java"><line nr="1" ci="${hits}"/></sourcefile></package>`;
    const text = `<report>${one(1)}<group name="all"><group name="app">${one(2)}</group></group></report>`;
    expect(read(text, "jacoco")).toEqual(["A.java: 1x1", "app//A.java: 1x2"]);
  });

  it.each([
    ["a name or a figure of p/ is missing", '<report><package name="p"><sourcefile/></package></report>'],
    [
      "a name or a figure of p/A is missing",
      '<report><package name="p"><sourcefile name="A"><line nr="1"/></sourcefile></package></report>',
    ],
    [
      "a name or a figure of p/A is missing",
      '<report><package name="p"><class name="p/A" sourcefilename="A"><method name="f" line="1"/></class><sourcefile name="A"/></package></report>',
    ],
    ["the report holds no file", "<report/>"],
    ["the report has no root element 'report'", "<coverage/>"],
  ])("is refused when %s", (error, text) => {
    expect(read(text, "jacoco")).toBe(error);
  });
});

describe("a hostile report", () => {
  const laughs = Array.from({ length: 9 }, (_, level) => `<!ENTITY l${level + 1} "&l${level};&l${level};">`).join("");
  const own = "the report declares entities or types of its own";
  const inDoctype = (what: string): string => `<!DOCTYPE coverage ${what}>${cobertura(LINE)}`;

  it.each([
    ["that only names its type", '<!DOCTYPE coverage SYSTEM "http://example.com/a.dtd">'],
    [
      "that names it publicly",
      "<?xml version='1.0' encoding='UTF-8'?>\n<!DOCTYPE report PUBLIC '-//X//EN' \"file:///etc/passwd\">",
    ],
    ["with a mark and comments", "\ufeff<?xml version='1.0'?><!-- a > b --><?style x?><!DOCTYPE coverage>"],
  ])("is none %s, and nothing is fetched", (_name, head) => {
    expect(read(`${head}${cobertura(LINE)}`, "cobertura")).toEqual(ONE);
  });

  it.each([
    ["entities that grow", inDoctype(`[<!ENTITY l0 "ha">${laughs}]`)],
    ["an outside entity", inDoctype('[<!ENTITY x SYSTEM "file:///etc/passwd">]')],
    ["a parameter entity", inDoctype('SYSTEM "a.dtd" [<!ENTITY % x SYSTEM "http://127.0.0.1/"> %x;]')],
    ["an element type", inDoctype("[<!ELEMENT coverage ANY>]")],
    ["an empty set of declarations", inDoctype("[]")],
    ["two types", `<!DOCTYPE a>${inDoctype("")}`],
    ["a type within", `<coverage><!DOCTYPE a [<!ENTITY x "y">]>${classOf(LINE)}</coverage>`],
    ["a type that does not end", '<!DOCTYPE coverage SYSTEM "a'],
    ["a marked section", "<coverage><![IGNORE[x]]></coverage>"],
  ])("with %s is refused", (_name, text) => {
    expect(read(text, "cobertura")).toBe(own);
  });

  it.each([
    ["nothing", ""],
    ["a text", "SF:a.c"],
    ["an open element", "<coverage>"],
    ["crossed elements", "<coverage><a></coverage></a>"],
    ["two roots", "<coverage/><coverage/>"],
    ["an attribute twice", '<coverage a="1" a="2"/>'],
    ["an open attribute", '<coverage a="1/>'],
    ["an open comment", "<coverage/><!-- "],
    ["an open section", "<coverage><![CDATA[</coverage>"],
    ["a name of the language", "<coverage><__proto__/></coverage>"],
    ["an attribute of the language", '<coverage __proto__="1"/>'],
    ["a bare ampersand", "<coverage>a & b</coverage>"],
  ])("with %s is no XML", (_name, text) => {
    expect(read(text, "cobertura")).toMatch(/^the report is not well-formed XML: /);
  });

  it("in another encoding, or in none, is refused by name", () => {
    const head = (encoding: string): string => `<?xml version="1.0" encoding="${encoding}"?>${cobertura(LINE)}`;
    expect(read(head("utf-8"), "cobertura")).toEqual(ONE);
    expect(read(head("UTF-16"), "cobertura")).toBe("the report is in the encoding 'UTF-16'; write it in UTF-8");
    const broken = Buffer.from(cobertura(LINE, 'filename="\u00e9.c"'), "latin1").toString("utf8");
    expect(read(broken, "cobertura")).toBe("the report is no text in UTF-8");
    expect(read(Buffer.from(cobertura(LINE), "utf16le").toString("utf8"), "cobertura")).toBe(
      "the report is no text in UTF-8",
    );
  });

  it("is bounded in depth and size", () => {
    const deep = (levels: number): string => `<coverage>${"<a>".repeat(levels)}${"</a>".repeat(levels)}</coverage>`;
    expect(read(deep(20), "cobertura")).toBe("the report holds no file");
    expect(read(deep(20_000), "cobertura")).toMatch(/^the report is not well-formed XML: Maximum nested tags exceeded/);
    const groups = (levels: number): string =>
      `<report>${"<group name='g'>".repeat(levels)}${"</group>".repeat(levels)}</report>`;
    expect(read(groups(20_000), "jacoco")).toMatch(/Maximum nested tags exceeded/);
    expect(read(" ".repeat(MAX_XML_REPORT_CHARS + 1), "cobertura")).toMatch(/^the report is longer than/);
    const many = (count: number): string => `<coverage>${"<a/>".repeat(count - 2)}</coverage>`;
    expect(read(many(MAX_XML_TAGS + 1), "cobertura")).toBe(`the report has more than ${MAX_XML_TAGS} tags`);
    const long = `<coverage ${Array.from({ length: 20_000 }, (_, index) => `a${index}="1"`).join(" ")}/>`;
    expect(read(long, "cobertura")).toBe(`the report has more than ${MAX_XML_TAG_CHARS} characters without a tag`);
  });
});
