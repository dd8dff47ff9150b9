import { createRequire } from 'node:module'

/** The version of this package. It finds itself by name, wherever its build has put this file. */
export const VERSION: string = createRequire(import.meta.url)('appgrant/package.json').version
