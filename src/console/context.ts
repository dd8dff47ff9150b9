import type { Html } from '../frame/html.ts'
import type { Addresses } from './addresses.ts'
import type { Formats } from './formats.ts'
import type { Texts } from './texts/texts.ts'
import type { Viewer } from './viewer.ts'

/** What every page knows: who reads it, in which language, and what it is made for. */
export interface Context {
  readonly texts: Texts
  /** BCP 47; the language that the texts are in. */
  readonly locale: string
  readonly dir: 'ltr' | 'rtl'
  readonly formats: Formats
  readonly to: Addresses
  readonly viewer: Viewer
  readonly now: Date
  /** The other account that the page is for, if it is not the viewer's own. */
  readonly actsFor?: { readonly account: string; readonly name: string }
  /** What every form carries, so that it is not sent by another account that has signed in meanwhile. */
  readonly formProof: string
  /** What scopes and API types mean to people, by their names. Empty: the host does not say. */
  readonly scopes: Readonly<Record<string, string>>
  readonly apis: Readonly<Record<string, string>>
  /** Whether apps can have their tokens bound to a key. */
  readonly bindsKeys: boolean
  /** Whether the host names accounts to act for. */
  readonly hasAccounts: boolean
  /** The host of the console's URL, at the end of page titles. */
  readonly site: string
}

/** What a page puts into the frame. */
export interface Content {
  readonly title: string
  readonly tab?: Tab
  /** Default is 200. */
  readonly status?: number
  /** Whether something is wrong: the title says so first. */
  readonly failed?: boolean
  readonly main: Html
  /** A dialog over the page, which is inert behind it. */
  readonly over?: Html
  /** The address that takes the place of the page's own, so that a reload does not send a form again. */
  readonly place?: string
}

export type Tab = 'apps' | 'managed' | 'all'
