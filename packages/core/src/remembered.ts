/**
 * A function of a text that remembers its last results: an app calls few endpoints, over and over. Beyond `most` of them it
 * starts anew, as ids in paths must not fill the memory.
 */
export function remembered<T>(most: number, compute: (text: string) => T): (text: string) => T {
  const known = new Map<string, T>();
  return (text) => {
    const found = known.get(text);
    if (found !== undefined) return found;
    const result = compute(text);
    if (known.size >= most) known.clear();
    known.set(text, result);
    return result;
  };
}
