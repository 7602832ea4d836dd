/** What runs without a call in a language, each by the names of the functions that may. */
export interface HiddenUses {
  /** By the type of the node. */
  readonly types: ReadonlyMap<string, readonly string[]>;
  /** By the operator. */
  readonly operators: ReadonlyMap<string, readonly string[]>;
  /** By what is called: functions of the language that run such a function of what they are given. */
  readonly calls: readonly (readonly [called: RegExp, names: readonly string[]])[];
  /** Whether reading or setting a member may run something. */
  readonly accessors: boolean;
  /** What may run where an object hands itself on. */
  readonly handed: readonly string[];
}

type Row = readonly [what: string, names: string];

function words(text: string): string[] {
  return text.split(" ").filter((word) => word !== "");
}

/** Each word of the first column with the names of the second; several rows of one word add up. */
function table(rows: readonly Row[]): Map<string, readonly string[]> {
  const found = new Map<string, readonly string[]>();
  for (const [what, names] of rows)
    for (const word of words(what)) found.set(word, [...(found.get(word) ?? []), ...words(names)]);
  return found;
}

const TEXT = "toString valueOf toLocaleString Symbol.toPrimitive";
const ITERATE = "Symbol.iterator Symbol.asyncIterator next return";

const ECMASCRIPT: HiddenUses = {
  types: table([
    ["TemplateLiteral", TEXT],
    ["ForOfStatement SpreadElement ArrayPattern", ITERATE],
    ["YieldExpression", ITERATE],
    ["AwaitExpression", "then"],
    ["VariableDeclaration", "Symbol.dispose Symbol.asyncDispose"],
  ]),
  operators: table([
    ["+ - * / % ** < > <= >= == != | & ^ << >> >>> ++ -- += -= *= /= %= **= |= &= ^= <<= >>= >>>= ~ []", TEXT],
    ["instanceof", "Symbol.hasInstance"],
  ]),
  calls: [
    [
      /^(?:String|Number|BigInt|Symbol|Date|parseInt|parseFloat|isNaN|isFinite|encodeURI\w*|decodeURI\w*)$/,
      words(TEXT),
    ],
    [
      /^(?:Math\.\w+|console\.\w+)$|\.(?:join|concat|sort|toSorted|localeCompare|toString|toLocaleString|valueOf)$/,
      words(TEXT),
    ],
    [/^JSON\.stringify$/, ["toJSON", "get *"]],
    [/^(?:Array\.from|Array\.fromAsync|Object\.fromEntries|Promise\.\w+|Map|Set|WeakMap|WeakSet)$/, words(ITERATE)],
    [/^(?:Object\.(?:assign|entries|values|groupBy)|structuredClone)$/, ["get *"]],
  ],
  accessors: true,
  handed: [...words(TEXT), ...words(ITERATE), "toJSON"],
};

const STR = "__str__ __repr__ __format__";
const ITER = "__iter__ __next__ __getitem__ __aiter__ __anext__";
const BOOL = "__bool__ __len__";

const PYTHON: HiddenUses = {
  types: table([
    ["comparison_operator", "__eq__ __ne__ __lt__ __le__ __gt__ __ge__ __contains__"],
    ["subscript", "__getitem__ __setitem__ __delitem__ __class_getitem__"],
    ["interpolation", STR],
    ["for_statement for_in_clause yield list_splat dictionary_splat pattern_list", ITER],
    ["with_statement", "__enter__ __exit__ __aenter__ __aexit__"],
    ["await", "__await__"],
    ["delete_statement", "__delitem__ __delattr__ __del__"],
    ["not_operator boolean_operator if_statement while_statement conditional_expression", BOOL],
    ["attribute", "__getattr__ __getattribute__ __setattr__"],
    ["call", "__call__ __new__"],
  ]),
  operators: table([
    ["+", "__add__ __radd__ __pos__"],
    ["-", "__sub__ __rsub__ __neg__"],
    ["*", "__mul__ __rmul__"],
    ["/", "__truediv__ __rtruediv__"],
    ["//", "__floordiv__ __rfloordiv__"],
    ["%", "__mod__ __rmod__"],
    ["**", "__pow__ __rpow__"],
    ["&", "__and__ __rand__"],
    ["|", "__or__ __ror__"],
    ["^", "__xor__ __rxor__"],
    ["<<", "__lshift__ __rlshift__"],
    [">>", "__rshift__ __rrshift__"],
    ["@", "__matmul__ __rmatmul__"],
    ["~", "__invert__"],
    ["+=", "__iadd__ __add__"],
    ["-=", "__isub__ __sub__"],
    ["*=", "__imul__ __mul__"],
    ["|=", "__ior__ __or__"],
    ["&=", "__iand__ __and__"],
  ]),
  calls: [
    [/^(?:str|format|print|repr|ascii)$|\.(?:format|join)$/, words(STR)],
    [/^(?:len|bool)$/, words(BOOL)],
    [
      /^(?:list|tuple|set|frozenset|dict|iter|next|sorted|sum|min|max|any|all|map|filter|zip|enumerate|reversed)$/,
      [...words(ITER), "__len__", "__reversed__", "__lt__"],
    ],
    [
      /^(?:hash|int|float|complex|abs|round|divmod|pow|bytes)$/,
      words("__hash__ __int__ __index__ __float__ __complex__ __abs__ __round__ __divmod__ __pow__ __bytes__"),
    ],
    [/^(?:isinstance|issubclass)$/, words("__instancecheck__ __subclasscheck__")],
    [/^(?:getattr|hasattr|vars|dir)$/, words("__getattr__ __getattribute__ __dir__")],
    [/^(?:setattr|delattr)$/, words("__setattr__ __delattr__")],
    [/^(?:copy\.(?:deep)?copy|deepcopy|pickle\.dumps?)$/, words("__copy__ __deepcopy__ __reduce__ __getstate__")],
  ],
  accessors: true,
  handed: words(`${STR} ${ITER} ${BOOL} __hash__ __eq__`),
};

/** In C++ the operators are functions by their own names. */
const OPERATORS = words(
  "+ - * / % ^ & | ~ ! = < > += -= *= /= %= ^= &= |= << >> >>= <<= == != <= >= <=> && || ++ -- ->* ->",
);

const CPP: HiddenUses = {
  types: table([
    ["subscript_expression", "operator[]"],
    ["for_range_loop", "begin end operator++ operator* operator!= operator=="],
    ["delete_expression", "~ operator\u0020delete"],
    ["declaration", "~"],
    ["return_statement", "convert"],
    ["user_defined_literal", "literal"],
    ["call_expression", "operator() convert"],
    [
      "co_await_expression co_yield_statement co_return_statement",
      "await_ready await_suspend await_resume operator\u0020co_await",
    ],
    ["new_expression", "operator\u0020new"],
  ]),
  operators: new Map(OPERATORS.map((op) => [op, [`operator${op}`, ...(op === "!" ? ["convert"] : [])]])),
  calls: [[/(?:\.|->)(?:reset|clear|erase|pop\w*|resize|release|swap|assign)$/, ["~"]]],
  accessors: false,
  handed: [],
};

const RUST: HiddenUses = {
  types: table([
    ["index_expression", "index index_mut"],
    ["for_expression", "into_iter next"],
    ["try_expression", "from branch"],
    ["await_expression", "poll into_future"],
    ["let_declaration", "drop"],
    ["base_field_initializer", "default"],
    ["macro_invocation", "fmt eq"],
  ]),
  operators: table([
    ["+", "add"],
    ["-", "sub neg"],
    ["*", "mul deref deref_mut"],
    ["/", "div"],
    ["%", "rem"],
    ["!", "not"],
    ["&", "bitand"],
    ["|", "bitor"],
    ["^", "bitxor"],
    ["<<", "shl"],
    [">>", "shr"],
    ["== !=", "eq ne"],
    ["< > <= >=", "partial_cmp lt le gt ge cmp"],
    ["+=", "add_assign"],
    ["-=", "sub_assign"],
    ["*=", "mul_assign"],
    ["/=", "div_assign"],
  ]),
  calls: [
    [/(?:\.|::)(?:into|try_into|parse)$/, ["from", "try_from", "from_str"]],
    [/(?:\.|::)to_string$/, ["fmt"]],
    [/(?:\.|::)(?:collect|extend|sum|product)$/, ["from_iter", "extend", "into_iter", "next"]],
    [/(?:\.|::)(?:sort\w*|max|min|binary_search\w*|contains|dedup)$/, ["cmp", "partial_cmp", "eq"]],
    [/^(?:std::mem::)?(?:drop|replace|take|swap)$/, ["drop"]],
  ],
  accessors: false,
  handed: [],
};

const SHOWN =
  "String Error GoString Format MarshalJSON MarshalText MarshalXML UnmarshalJSON UnmarshalText UnmarshalXML Scan";

const GO: HiddenUses = {
  types: new Map(),
  operators: new Map(),
  calls: [
    [
      /^(?:fmt|log|slog|json|xml|yaml|errors|template)\.\w+$|\.(?:Printf?|Println|Errorf?|Fatalf?|Logf?|Encode|Decode|Execute)$/,
      words(SHOWN),
    ],
    [/^(?:sort|slices)\.\w+$/, words("Len Less Swap")],
    [/^heap\.\w+$/, words("Len Less Swap Push Pop")],
    [/^(?:io|bufio|ioutil)\.\w+$/, words("Read Write Close ReadFrom WriteTo")],
  ],
  accessors: false,
  handed: [],
};

const EQUAL = "equals hashCode compareTo compare";

const JAVA: HiddenUses = {
  types: table([
    ["enhanced_for_statement", "iterator next hasNext"],
    ["try_with_resources_statement", "close"],
  ]),
  operators: table([["+ +=", "toString"]]),
  calls: [
    [
      /(?:^|\.)(?:valueOf|toString|format|append|print|println|printf|join|formatted|deepToString|concat)$/,
      ["toString"],
    ],
    [
      /(?:^|\.)(?:hash|hashCode|equals|deepEquals|contains|containsKey|containsValue|containsAll|indexOf|lastIndexOf|remove|removeAll|put|putIfAbsent|get|getOrDefault|computeIfAbsent|add|addAll|distinct)$/,
      words(EQUAL),
    ],
    [
      /(?:^|\.)(?:sort|sorted|compare|naturalOrder|reverseOrder|max|min|binarySearch|comparing)$/,
      ["compareTo", "compare"],
    ],
    [/(?:^|\.)(?:addAll|forEach|copyOf|of|toArray|stream)$/, ["iterator", "next", "hasNext"]],
  ],
  accessors: false,
  handed: words(`toString ${EQUAL} iterator`),
};

/** What runs without a call, by language; C has nothing of the kind. */
export const HIDDEN_USES: Readonly<Record<string, HiddenUses>> = {
  ecmascript: ECMASCRIPT,
  python: PYTHON,
  cpp: CPP,
  rust: RUST,
  go: GO,
  java: JAVA,
};
