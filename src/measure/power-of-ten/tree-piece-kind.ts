import type { PieceKind } from "./piece.js";

const KINDS: readonly (readonly [PieceKind, string])[] = [
  [
    "class",
    "class_specifier struct_specifier class_definition impl_item trait_item class_declaration enum_declaration record_declaration interface_declaration",
  ],
  ["loop", "for_statement while_statement do_statement while_expression loop_expression"],
  ["each", "for_range_loop enhanced_for_statement for_expression for_in_clause"],
  [
    "branch",
    "if_statement if_expression elif_clause conditional_expression ternary_expression switch_statement match_expression match_statement expression_switch_statement type_switch_statement select_statement switch_expression",
  ],
  [
    "leave",
    "break_statement return_statement throw_statement raise_statement break_expression return_expression co_return_statement",
  ],
  ["jump", "goto_statement"],
  [
    "call",
    "call_expression call method_invocation object_creation_expression new_expression macro_invocation explicit_constructor_invocation",
  ],
  ["assign", "assignment_expression assignment augmented_assignment compound_assignment_expr assignment_statement"],
  ["step", "update_expression inc_statement dec_statement"],
  ["compare", "comparison_operator"],
  ["not", "not_operator"],
  [
    "name",
    "identifier field_identifier this self super package_identifier namespace_identifier label_name statement_identifier",
  ],
  [
    "member",
    "field_expression selector_expression attribute field_access scoped_identifier qualified_identifier subscript_expression index_expression subscript array_access",
  ],
  [
    "literal",
    "number_literal int_literal integer_literal decimal_integer_literal integer float true false null nil none string_literal char_literal string boolean_literal",
  ],
  ["block", "compound_statement block statement_list"],
  ["statement", "expression_statement"],
  ["group", "parenthesized_expression condition_clause else_clause"],
  ["assert", "assert_statement static_assert_declaration"],
  [
    "bind",
    "declaration parameter_declaration optional_parameter_declaration var_spec short_var_declaration range_clause let_declaration parameter variable_declarator formal_parameter spread_parameter catch_formal_parameter default_parameter typed_parameter typed_default_parameter",
  ],
];

/** Kinds by the type of a tree-sitter node; what the languages call alike means alike. */
export const TREE_KINDS: ReadonlyMap<string, PieceKind> = new Map(
  KINDS.flatMap(([kind, types]) => types.split(" ").map((type): [string, PieceKind] => [type, kind])),
);

/** Kinds that an operator decides, of nodes that have one. */
export const OPERATOR_KINDS: Readonly<Record<string, PieceKind>> = {
  "&&": "and",
  and: "and",
  "||": "or",
  or: "or",
  "<": "compare",
  "<=": "compare",
  ">": "compare",
  ">=": "compare",
  "!=": "compare",
  "==": "compare",
  "!": "not",
};

/** Types whose kind their operator decides. */
export const BY_OPERATOR: ReadonlySet<string> = new Set(["binary_expression", "boolean_operator", "unary_expression"]);

/** Fields by what they are to the rules; a field without an entry keeps its name. */
export const TREE_ROLES: Readonly<Record<string, string>> = {
  consequence: "then",
  alternative: "else",
  function: "callee",
  macro: "callee",
  initializer: "init",
  "method_invocation.name": "callee",
  "explicit_constructor_invocation.constructor": "callee",
  "object_creation_expression.type": "callee",
  "new_expression.type": "callee",
  "for_range_loop.right": "iterable",
  "for_statement.right": "iterable",
  "for_in_clause.right": "iterable",
  "range_clause.right": "iterable",
  "enhanced_for_statement.value": "iterable",
  "for_expression.value": "iterable",
};

/** Nodes whose children stand for them. */
export const TREE_TRANSPARENT: ReadonlySet<string> = new Set(["for_clause"]);

/** Fields that are something else in some places. */
export const PLACED_FIELDS: ReadonlySet<string> = new Set(
  Object.keys(TREE_ROLES).flatMap((place) => (place.includes(".") ? [place.slice(place.indexOf(".") + 1)] : [])),
);
