export type { HostTexts } from '../frame/languages.ts'
export type { Theme } from '../frame/theme.ts'
export { createHandler, type HandlerOptions } from './handler.ts'
export {
  createResourceMetadata,
  type ResourceDescription,
  type ResourceMetadataHandler,
  type ResourceMetadataOptions,
} from './oauth/resource-metadata.ts'
export type { LeakReportOptions, ScannerKey } from './oauth/scanner-signature.ts'
export type { PageOptions } from './pages/decision-page.ts'
export type { PageTexts } from './pages/texts.ts'
export { type ProtectOptions, protect } from './protect.ts'
export type { ResourceDpopOptions } from './wire/possession.ts'
export type { ConnectionInfo, Handler } from './wire/serve.ts'
export type { SignedIn, SignIn, SignInNeeds } from './wire/sign-in.ts'
