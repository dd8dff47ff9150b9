export type { SignIn } from './account-api.ts'
export type { PageOptions } from './authorize.ts'
export { createHandler, type Handler, type HandlerOptions } from './handler.ts'
export { type ProtectOptions, protect } from './protect.ts'
