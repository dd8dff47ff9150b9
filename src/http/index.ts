export { createHandler, type Handler } from './handler.ts'
export { type ProtectOptions, protect } from './protect.ts'
