import { assertOptions } from '../../base/known-members.ts'

/**
 * Reads an option that consists of integers.
 *
 * @param ranges - the default of each, and its range.
 * @param integer - returns a value if it is an integer of that range, and throws if it is not.
 */
export function readNumbers<Name extends string>(
  option: string,
  given: { readonly [_ in Name]?: number | undefined } = {},
  {
    ranges,
    integer,
  }: {
    readonly ranges: Readonly<Record<Name, readonly [value: number, min: number, max: number]>>
    readonly integer: (name: string, value: unknown, range: readonly [number, number]) => number
  },
): Readonly<Record<Name, number>> {
  const names = Object.keys(ranges) as Name[]
  assertOptions('createAppGrant', given, { names: new Set(names), instead: new Map() }, option)
  const entries = names.map((name) => {
    const [byDefault, ...range] = ranges[name]
    const { [name]: value = byDefault } = given
    return [name, integer(`${option}.${name}`, value, range)]
  })
  return Object.fromEntries(entries)
}
