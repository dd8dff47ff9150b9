/**
 * Adds properties that can be read by name and by destructuring, but that inspection, JSON and copies of the object leave
 * out: a result that contains a secret may end up in a log.
 */
export function withConcealed<Shown extends object, Hidden extends object>(
  shown: Shown,
  hidden: Hidden,
): Shown & Hidden {
  for (const [name, value] of Object.entries(hidden)) {
    // A getter, so that even util.inspect with `showHidden` does not print the value.
    Object.defineProperty(shown, name, { get: () => value, enumerable: false })
  }
  return shown as Shown & Hidden
}
