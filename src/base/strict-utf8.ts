/** Decodes UTF-8; throws on invalid bytes and keeps a byte order mark. */
export const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
