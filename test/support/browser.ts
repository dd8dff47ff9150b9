import { existsSync } from 'node:fs'

const BINARIES = [
  process.env.CHROMIUM_BINARY ?? '',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
]

/** A Chromium of this machine, for `describeWith`. */
export const browser = {
  found: BINARIES.find((path) => path !== '' && existsSync(path)),
  missing: 'no Chromium: install it, or set CHROMIUM_BINARY',
}

/** Works as root and on a small machine, and never phones home. */
export const BROWSER_FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]
