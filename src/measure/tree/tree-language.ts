import type { GrammarLanguage } from "./grammar.js";

/** What the nodes of one language's trees mean, by their types. */
export interface TreeLanguage {
  /** Functions; without a body they are declarations. */
  readonly functions: ReadonlySet<string>;
  /** A block right in one of these, outside of functions, is the body of one: a macro made its head, or it has none. */
  readonly bodies?: {
    readonly type: string;
    readonly within: ReadonlySet<string>;
    /** Where all that is around such a block, and not only what it stands in, must be one of these. */
    readonly chained?: true;
  };
  /** What may declare a function that is defined elsewhere. */
  readonly declarations?: ReadonlySet<string>;
  /** Functions that are never asked for documentation: lambdas and closures. */
  readonly anonymous: ReadonlySet<string>;
  /** Nodes whose name is part of what they hold is called. */
  readonly scopes: ReadonlySet<string>;
  /** Nodes that add a path. */
  readonly branches: ReadonlySet<string>;
  /** Nodes whose condition only the preprocessor evaluates. */
  readonly evaluated: ReadonlySet<string>;
  /** Tokens that add a path where they stand in one of these nodes. */
  readonly tokens: ReadonlyMap<string, ReadonlySet<string>>;
  /** Cases that add a path unless their pattern is `_`. */
  readonly cases: ReadonlySet<string>;
  /** `else` of these adds a path (radon). */
  readonly elseOf: ReadonlySet<string>;
  readonly comments: ReadonlySet<string>;
  /** Whether a comment from one mark to the next other one is as good as a blank, whatever stands in it. */
  readonly blankComments?: true;
  /** Nodes that are directives to tools although they are no comments. */
  readonly directives: ReadonlySet<string>;
  /** Wrappers before which the documentation of what they hold stands. */
  readonly wrappers: ReadonlySet<string>;
  /** Siblings that may stand between a function and its documentation. */
  readonly between: ReadonlySet<string>;
  readonly parameters: ReadonlySet<string>;
  /** Words that begin a path and can be no name. */
  readonly pathWords?: RegExp;
  /** Nodes that run something, by their type. */
  readonly statements: RegExp;
  /** Whether such nodes run outside of functions too; elsewhere they declare there, and no tool counts their lines. */
  readonly runsOutside?: true;
  /**
   * What a place that cannot be read must hold to hide a path or a function. Macros leave many such places in C and
   * C++; where the language has none, every one counts.
   */
  readonly hides?: RegExp;
}

const set = (...types: string[]): ReadonlySet<string> => new Set(types);
const logic = (...parents: string[]): ReadonlyMap<string, ReadonlySet<string>> =>
  new Map([
    ["&&", set(...parents)],
    ["||", set(...parents)],
  ]);
const NONE = set();

const C_BODIES = {
  type: "compound_statement",
  within: set("translation_unit", "declaration_list", "preproc_if", "preproc_ifdef", "preproc_elif", "preproc_else"),
};

const C_FAMILY: TreeLanguage = {
  functions: set("function_definition"),
  bodies: C_BODIES,
  declarations: set("declaration", "field_declaration"),
  anonymous: NONE,
  scopes: NONE,
  branches: set("if_statement", "for_statement", "while_statement", "do_statement", "conditional_expression"),
  evaluated: set("preproc_if", "preproc_elif"),
  tokens: new Map([...logic("binary_expression"), ["case", set("case_statement")]]),
  cases: NONE,
  elseOf: NONE,
  comments: set("comment"),
  blankComments: true,
  directives: set("preproc_call", "attribute_specifier", "attribute_declaration"),
  wrappers: NONE,
  between: set("attribute_declaration"),
  parameters: set("parameter_declaration", "variadic_parameter", "identifier"),
  pathWords: /\b(?:if|for|while|do|switch|case|goto)\b/g,
  statements: /^(?!compound|labeled|case)\w+_statement$|^declaration$/,
  hides: /[{}?]|&&|\|\||\b(?:if|else|for|while|do|switch|case|goto|catch|and|or)\b/,
};

const C: TreeLanguage = { ...C_FAMILY, bodies: { ...C_BODIES, chained: true } };

const CPP: TreeLanguage = {
  ...C_FAMILY,
  functions: set("function_definition", "lambda_expression"),
  anonymous: set("lambda_expression"),
  scopes: set("namespace_definition", "class_specifier", "struct_specifier", "union_specifier"),
  branches: set(...C_FAMILY.branches, "for_range_loop", "catch_clause"),
  tokens: new Map([...C_FAMILY.tokens, ["and", set("binary_expression")], ["or", set("binary_expression")]]),
  wrappers: set("template_declaration"),
  parameters: set(...C_FAMILY.parameters, "optional_parameter_declaration", "variadic_parameter_declaration"),
  statements: /^(?!compound|labeled|case)\w+_statement$|^declaration$|^for_range_loop$/,
};

const PYTHON: TreeLanguage = {
  functions: set("function_definition", "lambda"),
  anonymous: set("lambda"),
  scopes: set("class_definition"),
  branches: set(
    "if_statement",
    "elif_clause",
    "conditional_expression",
    "for_statement",
    "while_statement",
    "except_clause",
    "for_in_clause",
    "if_clause",
    "boolean_operator",
    "assert_statement",
  ),
  evaluated: NONE,
  tokens: new Map(),
  cases: set("case_clause"),
  elseOf: set("for_statement", "while_statement", "try_statement"),
  comments: set("comment"),
  directives: NONE,
  wrappers: set("decorated_definition"),
  between: NONE,
  parameters: set(
    "identifier",
    "typed_parameter",
    "default_parameter",
    "typed_default_parameter",
    "list_splat_pattern",
    "dictionary_splat_pattern",
    "tuple_pattern",
  ),
  statements: /^\w+_statement$/,
  runsOutside: true,
};

const GO: TreeLanguage = {
  functions: set("function_declaration", "method_declaration", "func_literal"),
  anonymous: set("func_literal"),
  scopes: NONE,
  branches: set("if_statement", "for_statement", "expression_case", "type_case", "communication_case"),
  evaluated: NONE,
  tokens: logic("binary_expression"),
  cases: NONE,
  elseOf: NONE,
  comments: set("comment"),
  directives: NONE,
  wrappers: NONE,
  between: NONE,
  parameters: set("parameter_declaration", "variadic_parameter_declaration"),
  statements: /^(?!labeled|empty)\w+_statement$|^(short_)?var_declaration$/,
};

const RUST: TreeLanguage = {
  functions: set("function_item", "closure_expression"),
  anonymous: set("closure_expression"),
  scopes: set("impl_item", "trait_item", "mod_item"),
  branches: set("if_expression", "while_expression", "for_expression", "loop_expression"),
  evaluated: NONE,
  tokens: new Map([...logic("binary_expression"), ["&&", set("binary_expression", "let_chain")]]),
  cases: set("match_arm"),
  elseOf: NONE,
  comments: set("line_comment", "block_comment"),
  directives: set("attribute_item", "inner_attribute_item"),
  wrappers: NONE,
  between: set("attribute_item"),
  parameters: set("parameter", "self_parameter", "variadic_parameter", "identifier", "tuple_pattern"),
  statements: /^expression_statement$|^let_declaration$/,
};

const JAVA: TreeLanguage = {
  functions: set(
    "method_declaration",
    "constructor_declaration",
    "compact_constructor_declaration",
    "lambda_expression",
    "static_initializer",
  ),
  bodies: { type: "block", within: set("class_body", "enum_body_declarations") },
  anonymous: set("lambda_expression", "static_initializer"),
  scopes: set("class_declaration", "interface_declaration", "enum_declaration", "record_declaration"),
  branches: set(
    "if_statement",
    "for_statement",
    "enhanced_for_statement",
    "while_statement",
    "do_statement",
    "ternary_expression",
    "catch_clause",
  ),
  evaluated: NONE,
  tokens: new Map([...logic("binary_expression"), ["case", set("switch_label")]]),
  cases: NONE,
  elseOf: NONE,
  comments: set("line_comment", "block_comment"),
  directives: set("annotation", "marker_annotation"),
  wrappers: NONE,
  between: NONE,
  parameters: set("formal_parameter", "spread_parameter", "identifier", "receiver_parameter"),
  statements: /^(?!labeled)\w+_statement$|^local_variable_declaration$/,
};

/** The languages read by tree-sitter (DESIGN §9). */
export const TREE_LANGUAGES: Readonly<Record<GrammarLanguage, TreeLanguage>> = {
  c: C,
  cpp: CPP,
  python: PYTHON,
  go: GO,
  rust: RUST,
  java: JAVA,
};
