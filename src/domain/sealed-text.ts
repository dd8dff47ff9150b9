/** A text that only who has the secret reads again. jose is loaded by whoever needs it, when it is used first. */
export async function seal(text: string, secret: string): Promise<string> {
  return (await load()).seal(text, secret)
}

/** What {@link seal} was given. */
export async function unseal(sealed: string, secret: string): Promise<string> {
  return (await load()).unseal(sealed, secret)
}

function load() {
  return import('../credentials/jwt/sealed-text.ts')
}
