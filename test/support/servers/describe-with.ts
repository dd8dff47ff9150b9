import { describe, expect, it } from 'vitest'

/**
 * A suite that needs something this machine may lack. Without it the suite is skipped by name with the reason;
 * under CI=true it fails instead.
 *
 * @param found - undefined if it is missing.
 */
export function describeWith<Found>(
  title: string,
  { found, missing }: { readonly found: Found | undefined; readonly missing: string },
  body: (found: Found) => void,
): void {
  if (found !== undefined) describe(title, () => body(found))
  else if (process.env.CI) it(title, () => expect.fail(missing))
  else
    describe(`${title} (skipped: ${missing})`, () => void it.skip('the suite needs a server that is missing', () => {}))
}
