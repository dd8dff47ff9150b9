/**
 * Adds properties that are read by name and by destructuring, but that no inspection, JSON or copy of the whole shows:
 * an answer with a secret in it may end up in a log.
 */
export function withConcealed<Shown extends object, Hidden extends object>(
  shown: Shown,
  hidden: Hidden,
): Shown & Hidden {
  for (const [name, value] of Object.entries(hidden)) {
    // A getter, so that even `showHidden` of util.inspect prints no value.
    Object.defineProperty(shown, name, { get: () => value, enumerable: false })
  }
  return shown as Shown & Hidden
}
