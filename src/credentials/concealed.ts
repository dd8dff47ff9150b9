/**
 * Adds properties that can be read by name and by destructuring, but that inspection and copies of the object leave out: a
 * result that contains a secret may end up in a log. JSON shows that they are hidden, so that nobody misses them in vain.
 */
export function withConcealed<Shown extends object, Hidden extends object>(
  shown: Shown,
  hidden: Hidden,
): Shown & Hidden {
  for (const [name, value] of Object.entries(hidden)) {
    // A getter, so that even util.inspect with `showHidden` does not print the value.
    Object.defineProperty(shown, name, { get: () => value, enumerable: false })
  }
  const toJSON = () => ({ ...shown, ...Object.fromEntries(Object.entries(hidden).flatMap(placeholder)) })
  Object.defineProperty(shown, 'toJSON', { value: toJSON, enumerable: false })
  return shown as Shown & Hidden
}

function placeholder([name, value]: [string, unknown]): readonly (readonly [string, string])[] {
  return value === '' ? [] : [[name, `hidden: read the property ${name} of the result itself`]]
}
