/** How compilers cut a text of C or C++ into comments and literals, as sources of regular expressions. */

const SPLICE = String.raw`\\[ \t\v\f]*\r?\n`;
/** What is left of the text belongs to what was not closed. */
const END = "(?![^])";

/** A block comment. */
const BLOCK = `/\\*[^]*?(?:\\*/|${END})`;
/** A comment; one of a line goes on where the end of the line is escaped, blanks behind the backslash or not. */
export const COMMENT = `${BLOCK}|//(?:${SPLICE}|[^\\n])*`;
/** A text or a character; one that is not closed takes the rest of its line. */
export const LITERAL = String.raw`"(?:${SPLICE}|\\[^]|[^"\\\n])*"?|'(?:${SPLICE}|\\[^]|[^'\\\n])*'?`;
/** A number, whose digits apostrophes may part. */
export const NUMBER = String.raw`(?<!\w)\d(?:'?[\w.])*`;
/** A text without escapes, which C++ has. */
export const RAW = String.raw`(?<!\w)(?:u8|[uUL])?R"(?<mark>[^()\\\s"]{0,16})\([^]*?(?:\)\k<mark>"|${END})`;
/** The name of a header or, where nothing ends it, the rest of its line, in which neither quotes nor the beginnings of comments are any. */
export const HEADER = String.raw`(?<!\w)(?:include|include_next|import|embed|__has_include|__has_include_next|__has_embed)(?:[ \t(]|${SPLICE}|/\*(?:(?!\*/)[^])*\*/)*<[^>\n]*>?`;
