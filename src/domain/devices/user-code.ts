import { randomInt } from 'node:crypto'
import { idInput } from '../input/input.ts'
import { invalidUserCode } from './device-errors.ts'

/** No vowels, which make words, and no characters that are taken for others. @see RFC 8628 §6.1 */
const ALPHABET = 'BCDFGHJKLMNPQRSTVWXZ'
const LENGTH = 8
/** Longer than anything that is typed for a code. */
const MAX_TYPED = 64

/** A new user code: 8 of 20 letters, 34.5 bits, as `WDJB-MJHT`. */
export function createUserCode(): string {
  return shownUserCode(Array.from({ length: LENGTH }, () => ALPHABET.charAt(randomInt(ALPHABET.length))).join(''))
}

/**
 * The user code that was typed, in whatever case, and with whatever between the letters.
 *
 * @throws {@link AppGrantError} `invalid_user_code`
 */
export function userCodeInput(value: unknown): string {
  const typed = idInput(value, 'userCode')
  const letters =
    typed.length > MAX_TYPED
      ? ''
      : typed
          .normalize('NFKC')
          .replaceAll(/[^\p{L}\p{N}]/gu, '')
          .toUpperCase()
  if (letters.length !== LENGTH || ![...letters].every((letter) => ALPHABET.includes(letter))) throw invalidUserCode()
  return shownUserCode(letters)
}

function shownUserCode(letters: string): string {
  return `${letters.slice(0, LENGTH / 2)}-${letters.slice(LENGTH / 2)}`
}
