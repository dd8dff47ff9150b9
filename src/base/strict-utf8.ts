/** UTF-8 as text: it throws where bytes are none, and a byte order mark is a character as any other. */
export const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
