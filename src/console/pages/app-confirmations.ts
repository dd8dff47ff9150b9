import { html, type Part } from '../../frame/html.ts'
import type { AddressName } from '../addresses.ts'
import type { Context } from '../context.ts'
import { field } from '../parts/field.ts'
import { withName } from '../parts/with-name.ts'
import type { Phrase } from '../texts/texts.ts'
import type { Confirmation } from './confirm.ts'

/** The app that something is about to happen to. */
export interface ConfirmedApp {
  readonly key: string
  readonly name: string
  /** The account that owns it, as people call it. */
  readonly owner: string
  /** Undefined if not known at the moment. */
  readonly instances: number | undefined
}

/** The address of the page, what it says, and what its form carries besides. */
interface Draft extends Omit<Confirmation, 'action' | 'cancel' | 'hidden' | 'title' | 'heading'> {
  readonly at: AddressName
  /** What the page asks, with the name of the app. */
  readonly asks: Phrase<[name: string]>
  readonly hidden?: Confirmation['hidden']
}

function confirmation(
  { key, name }: ConfirmedApp,
  { at, asks, hidden, ...rest }: Draft,
  { to }: Context,
): Confirmation {
  const title = { title: asks(name), heading: withName(asks, name) }
  return { action: to(at, { key }), cancel: to('app', { key }), hidden: hidden ?? {}, ...title, ...rest }
}

/** The sentence to tick if any account loses access: a count that is not known may be one. */
function loss({ instances }: ConfirmedApp, { texts }: Context): string | undefined {
  return instances === 0 ? undefined : texts.understandLoss(instances)
}

/** @param replaces - ids of the secrets that go: a form that was sent twice replaces nothing twice. */
export function regenerating(app: ConfirmedApp, replaces: string, isSecret: boolean, context: Context): Confirmation {
  const { texts, to } = context
  const gentler = isSecret && {
    heading: texts.onlyNewSecret,
    body: html`<a href="${to('addSecret', { key: app.key })}">${texts.addSecretInstead}</a>`,
  }
  const draft: Draft = {
    at: 'regenerate',
    asks: texts.regenerateTitle,
    lead: texts.regenerateLead,
    effects: [texts.oldSecretStops, texts.allTokensRevoked(app.instances)],
    kept: texts.approvalsStay,
    button: texts.regenerateButton,
    tick: loss(app, context),
    hidden: { replaces },
    ...(gentler && { gentler }),
  }
  return confirmation(app, draft, context)
}

export function addingSecret(app: ConfirmedApp, context: Context): Confirmation {
  const { texts } = context
  const draft: Draft = {
    at: 'addSecret',
    asks: texts.addSecretTitle,
    lead: texts.addSecretLead,
    effects: [texts.bothSecretsWork],
    kept: texts.nothingRevoked,
    button: texts.addSecretButton,
    isDangerous: false,
  }
  return confirmation(app, draft, context)
}

/** @param made - the day it was made, as the viewer writes it. */
export function removingSecret(app: ConfirmedApp, secret: { id: string; made: Part }, context: Context): Confirmation {
  const { texts } = context
  const draft: Draft = {
    at: 'removeSecret',
    asks: texts.removeSecretTitle,
    lead: html`${texts.secretMade} ${secret.made}.`,
    effects: [texts.secretStops],
    kept: texts.nothingRevoked,
    button: texts.removeSecretButton,
    hidden: { id: secret.id },
  }
  return confirmation(app, draft, context)
}

/** @param jwks - what was typed, and what is wrong with it. */
export function replacingKeys(
  app: ConfirmedApp,
  jwks: { value: string; error?: Part },
  context: Context,
): Confirmation {
  const { texts } = context
  const draft: Draft = {
    at: 'keys',
    asks: texts.keysTitle,
    lead: texts.keysLead,
    body: field(
      { id: 'jwks', name: 'jwks', label: texts.jwkSet, hint: texts.jwkSetHint, type: 'area', ...jwks },
      context,
    ),
    effects: [texts.credentialsReplaced, texts.allTokensRevoked(app.instances)],
    kept: texts.approvalsStay,
    button: texts.keysButton,
    tick: loss(app, context),
  }
  return confirmation(app, draft, context)
}

export function endingTokens(app: ConfirmedApp, context: Context): Confirmation {
  const { texts } = context
  const draft: Draft = {
    at: 'endTokens',
    asks: texts.endTokensTitle,
    lead: texts.endTokensLead,
    effects: [texts.allTokensRevoked(app.instances)],
    kept: texts.secretAndApprovalsStay,
    gentler: { heading: texts.onlyStop, body: texts.suspendInstead },
    button: texts.endTokensButton,
    tick: loss(app, context),
  }
  return confirmation(app, draft, context)
}

export function trusting(app: ConfirmedApp, context: Context): Confirmation {
  const { texts } = context
  const draft: Draft = {
    at: 'trust',
    asks: texts.trustTitle,
    lead: texts.trustLead,
    effects: [withName(texts.trustEffect, app.owner)],
    kept: texts.nothingRevoked,
    button: texts.trustButton,
  }
  return confirmation(app, draft, context)
}

export function untrusting(app: ConfirmedApp, context: Context): Confirmation {
  const { texts } = context
  const draft: Draft = {
    at: 'untrust',
    asks: texts.untrustTitle,
    lead: texts.untrustLead,
    effects: [texts.ownTokensRevoked],
    kept: texts.approvedTokensStay,
    button: texts.untrustButton,
  }
  return confirmation(app, draft, context)
}

export function publishing(app: ConfirmedApp, published: boolean, context: Context): Confirmation {
  const { texts } = context
  const draft: Draft = published
    ? {
        at: 'publish',
        asks: texts.publishTitle,
        lead: texts.publishLead,
        effects: [texts.publishEffect],
        button: texts.publishButton,
        isDangerous: false,
      }
    : {
        at: 'unpublish',
        asks: texts.unpublishTitle,
        lead: texts.unpublishLead,
        effects: [texts.unpublishEffect],
        button: texts.unpublishButton,
      }
  return confirmation(app, draft, context)
}

/** @param identifier - of the resource that it guards; empty to end it. */
export function makingResourceServer(
  app: ConfirmedApp,
  identifier: { value: string; error?: Part },
  context: Context,
): Confirmation {
  const { texts } = context
  const label = texts.resourceIdentifier
  const draft: Draft = {
    at: 'resourceServer',
    asks: texts.resourceServerTitle,
    lead: texts.resourceServerLead,
    body: field(
      { id: 'identifier', name: 'identifier', label, hint: texts.resourceServerHint, type: 'url', ...identifier },
      context,
    ),
    effects: [texts.resourceServerEffect],
    button: texts.resourceServerButton,
  }
  return confirmation(app, draft, context)
}
