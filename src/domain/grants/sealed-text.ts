/** Encrypts a text with a secret. jose is loaded only when it is first needed. */
export async function seal(text: string, secret: string): Promise<string> {
  return (await load()).seal(text, secret)
}

/** Decrypts the result of {@link seal}. */
export async function unseal(sealed: string, secret: string): Promise<string> {
  return (await load()).unseal(sealed, secret)
}

function load() {
  return import('../../credentials/jwt/sealed-text.ts')
}
