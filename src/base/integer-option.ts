import { invalidOption } from './errors.ts'

/** Checks an option of `fn`. @throws TypeError that names the option and its range. */
export function integerOption(
  fn: string,
  name: string,
  value: unknown,
  [min, max]: readonly [min: number, max: number],
): number {
  if (!Number.isInteger(value) || (value as number) < min || (value as number) > max)
    throw invalidOption(fn, name, `an integer from ${min} to ${max}`, value)
  return value as number
}
