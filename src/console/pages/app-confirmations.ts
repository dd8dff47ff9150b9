import { html, type Part } from '../../frame/html.ts'
import type { AddressName } from '../addresses.ts'
import type { Context } from '../context.ts'
import { field } from '../parts/field.ts'
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
interface Draft extends Omit<Confirmation, 'action' | 'cancel' | 'hidden'> {
  readonly at: AddressName
  readonly hidden?: Confirmation['hidden']
}

function confirmation({ key }: ConfirmedApp, { at, hidden, ...rest }: Draft, { to }: Context): Confirmation {
  return { action: to(at, { key }), cancel: to('app', { key }), hidden: hidden ?? {}, ...rest }
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
    title: texts.regenerateTitle(app.name),
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
    title: texts.addSecretTitle(app.name),
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
    title: texts.removeSecretTitle(app.name),
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
    title: texts.keysTitle(app.name),
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
    title: texts.endTokensTitle(app.name),
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
    title: texts.trustTitle(app.name),
    lead: texts.trustLead,
    effects: [texts.trustEffect(app.owner)],
    kept: texts.nothingRevoked,
    button: texts.trustButton,
  }
  return confirmation(app, draft, context)
}

export function untrusting(app: ConfirmedApp, context: Context): Confirmation {
  const { texts } = context
  const draft: Draft = {
    at: 'untrust',
    title: texts.untrustTitle(app.name),
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
        title: texts.publishTitle(app.name),
        lead: texts.publishLead,
        effects: [texts.publishEffect],
        button: texts.publishButton,
        isDangerous: false,
      }
    : {
        at: 'unpublish',
        title: texts.unpublishTitle(app.name),
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
    title: texts.resourceServerTitle(app.name),
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
