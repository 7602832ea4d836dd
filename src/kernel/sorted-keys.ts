/** Objects with more keys than this are sorted by the library. */
const MAX_INSERTED = 32;

/** The keys of an object in code-unit order. Few keys are sorted by insertion: every call passes here many times. */
export function sortedKeys(value: object): string[] {
  const keys = Object.keys(value);
  if (keys.length > MAX_INSERTED) return keys.sort();
  for (let index = 1; index < keys.length; index += 1) {
    const key = keys[index] ?? "";
    let place = index;
    for (; place > 0 && (keys[place - 1] ?? "") > key; place -= 1) keys[place] = keys[place - 1] ?? "";
    keys[place] = key;
  }
  return keys;
}
