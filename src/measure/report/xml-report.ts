import { XMLParser, XMLValidator } from "fast-xml-parser";
import { MAX_XML_DEPTH, MAX_XML_REPORT_CHARS, MAX_XML_TAG_CHARS, MAX_XML_TAGS } from "../../kernel/bounds.js";
import { err, ok, type Result } from "../../kernel/result.js";

/** An element of a report: its attributes, and the nodes within it. */
export interface XmlElement {
  readonly attributes: Readonly<Record<string, string | undefined>>;
  readonly nodes: readonly RawNode[];
}

/** A node as the parser gives it: one member named as the element, and `:@` for its attributes. */
type RawNode = Readonly<Record<string, unknown>>;

const ATTRIBUTES = ":@";
const TEXT = "#text";
const ENCODING = /^<\?xml[^>]*\sencoding\s*=\s*["']([^"']*)["']/;
const FORBIDDEN = /[^\P{Cc}\t\n\r]|[\ufffd\ufffe\uffff]/u;
/** Declarations, of which a document may have one: that of its type. */
const DECLARATION = /<!(?!--|\[CDATA\[)/g;
/** A document type that does no more than name a definition elsewhere, which is never fetched. */
const PLAIN_DOCTYPE =
  /<!DOCTYPE\s+[\w:.-]+(?:\s+(?:SYSTEM|PUBLIC\s+(?:"[^"<>]*"|'[^'<>]*'))\s+(?:"[^"<>]*"|'[^'<>]*'))?\s*>/;
const MAX_MESSAGE_CHARS = 200;

/**
 * Reads a report in XML, which is not trusted: bounded in size and depth, UTF-8, without declarations of its own (and
 * so without entities but those of every document), and nothing is fetched. Answers the root element, which must be
 * named `root`. Never throws.
 */
export function readXml(text: string, root: string): Result<XmlElement, string> {
  const document = text.replace(/^\ufeff/, "");
  const refusal = refuse(document);
  if (refusal !== undefined) return err(refusal);
  const plain = document.replace(PLAIN_DOCTYPE, "");
  const checked = XMLValidator.validate(plain);
  if (checked !== true) return err(notXml(`line ${checked.err.line}: ${checked.err.msg}`));
  return parse(plain, root);
}

/** All elements reached from one by a path of names, in the order of the report. */
export function within(element: XmlElement, ...path: readonly string[]): XmlElement[] {
  let reached = [element];
  for (const name of path) reached = reached.flatMap(({ nodes }) => named(nodes, name));
  return reached;
}

/** The text directly in an element. */
export function textOf({ nodes }: XmlElement): string {
  return nodes.map((node) => (typeof node[TEXT] === "string" ? node[TEXT] : "")).join("");
}

/** A count or line number in an attribute; undefined when it is missing or something else. */
export function figureOf({ attributes }: XmlElement, name: string): number | undefined {
  const text = attributes[name];
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

function refuse(text: string): string | undefined {
  if (text.length > MAX_XML_REPORT_CHARS) return `the report is longer than ${MAX_XML_REPORT_CHARS} characters`;
  const [, encoding = "utf-8"] = ENCODING.exec(text) ?? [];
  if (!/^(?:utf-8|us-ascii)$/i.test(encoding)) return `the report is in the encoding '${encoding}'; write it in UTF-8`;
  if (FORBIDDEN.test(text)) return "the report is no text in UTF-8";
  return declaresMore(text) ? "the report declares entities or types of its own" : excess(text);
}

/** Whether there are declarations beside a plain one of the type. */
function declaresMore(text: string): boolean {
  const declarations = text.match(DECLARATION) ?? [];
  return declarations.length > (PLAIN_DOCTYPE.test(text) ? 1 : 0);
}

/** Why the tags are too many or too long to be read in bounded time and memory. */
function excess(text: string): string | undefined {
  let from = 0;
  for (let tags = 0; tags < MAX_XML_TAGS; tags += 1) {
    const next = text.indexOf("<", from + 1);
    const end = next === -1 ? text.length : next;
    if (end - from > MAX_XML_TAG_CHARS) return `the report has more than ${MAX_XML_TAG_CHARS} characters without a tag`;
    if (next === -1) return undefined;
    from = next;
  }
  return `the report has more than ${MAX_XML_TAGS} tags`;
}

function parse(text: string, root: string): Result<XmlElement, string> {
  const parser = new XMLParser({
    preserveOrder: true,
    ignoreAttributes: false,
    attributeNamePrefix: "",
    parseTagValue: false,
    ignoreDeclaration: true,
    ignorePiTags: true,
    jPath: false,
    maxNestedTags: MAX_XML_DEPTH,
    htmlEntities: true,
    processEntities: { enabled: true, maxExpandedLength: MAX_XML_REPORT_CHARS },
  });
  try {
    const nodes = parser.parse(text) as RawNode[];
    const [element] = named(nodes, root);
    if (nodes.length > 1) return err(notXml("more than one root element"));
    return element === undefined ? err(`the report has no root element '${root}'`) : ok(element);
  } catch (thrown) {
    return err(notXml(thrown instanceof Error ? thrown.message : String(thrown)));
  }
}

function notXml(why: string): string {
  return `the report is not well-formed XML: ${why.slice(0, MAX_MESSAGE_CHARS)}`;
}

function named(nodes: readonly RawNode[], name: string): XmlElement[] {
  return nodes.flatMap((node) => {
    const inner = node[name];
    if (!Array.isArray(inner)) return [];
    return [{ attributes: (node[ATTRIBUTES] ?? {}) as XmlElement["attributes"], nodes: inner as RawNode[] }];
  });
}
