import { createPublicKey, verify } from 'node:crypto'
import { invalidOption } from '../../base/errors.ts'
import { assertOptions, knownMembers } from '../../base/known-members.ts'
import type { IncomingRequest } from '../wire/request.ts'

/** A public key of a scanner, as GitHub's `meta/public_keys/secret_scanning` lists it; its other members are ignored. */
export interface ScannerKey {
  readonly key_identifier: string
  /** A key for ECDSA on P-256, in PEM. */
  readonly key: string
}

/** How reports of leaked credentials are accepted. */
export interface LeakReportOptions {
  /**
   * Returns the public keys of the scanner: `public_keys` of https://api.github.com/meta/public_keys/secret_scanning. It is called
   * for each report that has a signature, so it should remember them for some minutes. A report that one of them has signed gets a
   * label for each credential, which says whether it was valid. Default is none: reports are accepted, and get no labels.
   */
  readonly scannerKeys?: (() => readonly ScannerKey[] | Promise<readonly ScannerKey[]>) | undefined
}

const OPTIONS = knownMembers<LeakReportOptions>({ scannerKeys: true }, { keys: 'scannerKeys' })

/** @throws TypeError that names the invalid option of `createHandler`. */
export function checkLeakReports(given: LeakReportOptions): LeakReportOptions {
  assertOptions('createHandler', given, OPTIONS, 'leakReports')
  const { scannerKeys } = given
  if (scannerKeys !== undefined && typeof scannerKeys !== 'function')
    throw invalidOption('createHandler', 'leakReports.scannerKeys', 'a function that returns keys', scannerKeys)
  return given
}

/** Whether the headers contain a signature of the body with this key. Anything malformed is not one. */
export function isSignedBy(
  { key_identifier: id, key }: ScannerKey,
  headers: IncomingRequest['headers'],
  body: Uint8Array,
): boolean {
  const signature = headers.get('github-public-key-signature')
  if (signature === null || headers.get('github-public-key-identifier') !== id) return false
  try {
    const publicKey = createPublicKey(key)
    const isP256 = publicKey.asymmetricKeyDetails?.namedCurve === 'prime256v1'
    return isP256 && verify('sha256', body, publicKey, Buffer.from(signature, 'base64'))
  } catch {
    return false
  }
}
