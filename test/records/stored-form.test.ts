import { describe, expect, it } from 'vitest'
import { appKind } from '../../src/records/app.ts'
import type { Kind } from '../../src/records/collection.ts'
import { claimKind } from '../../src/records/device-claim.ts'
import { feedConfirmationKind, feedLeaseKind, wantedReceiptKind } from '../../src/records/feed-readers.ts'
import { installIndexKind, installKind } from '../../src/records/install.ts'
import { legacyRefreshTokenKind } from '../../src/records/legacy-refresh-token.ts'
import { KEPT_MS, revocationKind } from '../../src/records/revocations.ts'
import { sessionKind } from '../../src/records/session.ts'
import { tokenKind } from '../../src/records/token.ts'
import { usedAssertionKind } from '../../src/records/used-assertion.ts'
import type { StoreRecord } from '../../src/store/store.ts'

// Written by hand with the names of the first release: old records must stay readable, and nodes of two versions run side by side.
const KEY = '7fAppAppAppAppAppAppAppAppAppApp'
const ENDS = 1_800_000_000_000

const FIELDS =
  '{"name":"Call Reports","foldedName":"call reports","homepage":"https://a.example/","homepageAscii":"https://a.example/","adminEmail":"ops@a.example","adminEmailAscii":"ops@a.example","redirectUrls":["https://a.example/cb"],"scopes":["calls:read"],"api":"unified"}'
const STAMPS =
  '"generation":"stampOfApp1","trustGeneration":"stampTrust1","ownGeneration":"stampOwner1","redirectStamps":["stampUrl001"],"salt":"saltOfApp"'
const SESSION =
  '"app":"7fAppAppAppAppAppAppAppAppAppApp","binding":"challengeUrl","redirectStamp":"stampUrl001","generation":"stampOfApp1","scope":["calls:read"],"audience":["https://api.example"],"digest":"digest1","familyKey":"family1","salt":"salt1","credentialEndsAt":1700000600000,"endsAt":1700000700000'

interface Case {
  readonly kind: Kind<unknown>
  readonly id: string
  readonly groups: readonly string[]
  readonly data: string
  /** What the code reads it as, in part. */
  readonly value: object
  readonly partition?: string
  readonly position?: number
}

const CASES: Readonly<Record<string, Case>> = {
  'an app with secrets': {
    kind: appKind,
    id: KEY,
    groups: ['o.AGVuje6CMayxLXOj0A5p9yp7', 'all', 'n.eVNoYcMfgJmrdwim6YZYrXiV'],
    position: 1_700_000_000_000,
    data: `{"state":"live","owner":"org-7","epoch":"e1","createdAt":1700000000000,"fields":${FIELDS},"trusted":true,"public":false,"published":true,"resourceServer":"https://api.example","suspended":{"at":1700000001000,"by":{"account":"provider","login":"ann"}},"secrets":[{"id":"secret00001","digest":"digestOfSecret","createdAt":1700000000000}],"keys":[],"removedSecretIds":["secret00000"],${STAMPS}}`,
    value: {
      key: KEY,
      stamp: 'stampOfApp1',
      trustStamp: 'stampTrust1',
      ownerStamp: 'stampOwner1',
      fields: { name: 'Call Reports', apiType: 'unified' },
      credentials: { type: 'secrets', secrets: [{ id: 'secret00001' }] },
      removedSecretIds: ['secret00000'],
    },
  },
  'an app with keys': {
    kind: appKind,
    id: KEY,
    groups: ['o.AGVuje6CMayxLXOj0A5p9yp7', 'all', 'n.eVNoYcMfgJmrdwim6YZYrXiV'],
    position: 1_700_000_000_000,
    data: `{"state":"live","owner":"org-7","createdAt":1700000000000,"fields":${FIELDS},"trusted":false,"public":false,"published":false,"secrets":[],"keys":[{"kty":"OKP","crv":"Ed25519","x":"x1","kid":"k1"}],"removedSecretIds":[],${STAMPS}}`,
    value: { credentials: { type: 'jwks', jwks: [{ kty: 'OKP', crv: 'Ed25519', x: 'x1', kid: 'k1' }] } },
  },
  'an app that must have bound tokens': {
    kind: appKind,
    id: KEY,
    groups: ['o.AGVuje6CMayxLXOj0A5p9yp7', 'all', 'n.eVNoYcMfgJmrdwim6YZYrXiV'],
    position: 1_700_000_000_000,
    data: `{"state":"live","owner":"org-7","createdAt":1700000000000,"fields":${FIELDS.slice(0, -1)},"dpopBoundAccessTokens":true},"trusted":false,"public":true,"published":false,"secrets":[],"keys":[],"removedSecretIds":[],${STAMPS}}`,
    value: { fields: { dpopBoundAccessTokens: true } },
  },
  'a public app': {
    kind: appKind,
    id: KEY,
    groups: ['o.AGVuje6CMayxLXOj0A5p9yp7', 'all', 'n.eVNoYcMfgJmrdwim6YZYrXiV'],
    position: 1_700_000_000_000,
    data: `{"state":"live","owner":"org-7","createdAt":1700000000000,"fields":${FIELDS},"trusted":false,"public":true,"published":false,"secrets":[],"keys":[],"removedSecretIds":[],${STAMPS}}`,
    value: { credentials: { type: 'none' } },
  },
  'a removed app': {
    kind: appKind,
    id: KEY,
    groups: [],
    data: '{"state":"removed","owner":"org-7","expiresAt":1800000000000}',
    value: { state: 'removed', key: KEY, owner: 'org-7', expiresAt: ENDS },
  },
  'an install': {
    kind: installKind,
    id: 'install',
    groups: [KEY],
    data: `{"state":"live","app":"${KEY}","account":"ann","epoch":"e1","installedAt":1700000000000,"permittedBy":{"account":"ann","login":"ann@example"},"scope":["calls:read"],"generation":"stampInstal","tokenGeneration":"stampTokens"}`,
    value: {
      state: 'live',
      id: 'install',
      app: KEY,
      account: 'ann',
      epoch: 'e1',
      installedAt: 1_700_000_000_000,
      approvedBy: { account: 'ann', login: 'ann@example' },
      scope: ['calls:read'],
      stamp: 'stampInstal',
      tokenStamp: 'stampTokens',
      expiresAt: ENDS,
    },
  },
  'a withdrawn install': {
    kind: installKind,
    id: 'install',
    groups: [],
    data: `{"state":"ended","app":"${KEY}"}`,
    value: { state: 'ended', id: 'install', app: KEY, expiresAt: ENDS },
  },
  'an install index entry': {
    kind: installIndexKind,
    id: `${KEY}.lwkgLgkKAwiMO6mhZV-79Gv8`,
    partition: '5F',
    groups: ['lwkgLgkKAwiMO6mhZV-79Gv8'],
    data: `{"app":"${KEY}","account":"ann"}`,
    value: { app: KEY, account: 'ann', expiresAt: ENDS },
  },
  'a session whose consent request is pending': {
    kind: sessionKind,
    id: 'session1',
    groups: [],
    data: `{"state":"open","stage":-1,"question":{"account":"ann","login":"ann@example","epoch":"e1","redirectUrl":"https://a.example/cb","state":"s1"},${SESSION}}`,
    value: {
      state: 'pending',
      stamp: 'stampOfApp1',
      consentRequest: {
        account: 'ann',
        login: 'ann@example',
        epoch: 'e1',
        redirectUrl: 'https://a.example/cb',
        state: 's1',
      },
      expiresAt: ENDS,
    },
  },
  'an open session that is bound to a key': {
    kind: sessionKind,
    id: 'session1',
    groups: [KEY],
    data: `{"state":"open","stage":2,"install":{"id":"install","generation":"stampInstal"},"boundTo":{"jkt":"thumbprint1","fromStage":1},${SESSION}}`,
    value: { state: 'open', boundTo: { jkt: 'thumbprint1', fromStage: 1 } },
  },
  'an open session': {
    kind: sessionKind,
    id: 'session1',
    groups: [KEY],
    data: `{"state":"open","stage":2,"install":{"id":"install","generation":"stampInstal"},"last":{"digest":"digest0","salt":"salt0","at":1700000000000,"tokens":[{"id":"t1","expiresAt":1700000100000,"sealed":"text"}]},${SESSION}}`,
    value: {
      state: 'open',
      stage: 2,
      install: { id: 'install', stamp: 'stampInstal' },
      last: { digest: 'digest0', tokens: [{ id: 't1' }] },
    },
  },
  'an ended session': {
    kind: sessionKind,
    id: 'session1',
    groups: [],
    data: `{"state":"ended","stage":2,"install":{"id":"install","generation":"stampInstal"},${SESSION}}`,
    value: { state: 'ended', stage: 2, install: { id: 'install', stamp: 'stampInstal' } },
  },
  'a denied session': {
    kind: sessionKind,
    id: 'session1',
    groups: [],
    data: `{"state":"ended","stage":-1,${SESSION}}`,
    value: { state: 'ended', stage: -1 },
  },
  'an app-only token': {
    kind: tokenKind,
    id: 'token1',
    groups: ['AppAppAppAp.stamps'],
    data: '{"d":"digest1","i":1700000000000,"s":"calls:read calls:write","a":"https://api.example","u":"curl \\"8\\""}',
    value: {
      state: 'live',
      partition: '7f',
      id: 'token1',
      digest: 'digest1',
      group: 'AppAppAppAp.stamps',
      issuedAt: 1_700_000_000_000,
      expiresAt: ENDS,
      scope: ['calls:read', 'calls:write'],
      audience: ['https://api.example'],
      userAgent: 'curl "8"',
    },
  },
  "a user's token": {
    kind: tokenKind,
    id: 'token1',
    groups: ['install.stamps'],
    data: '{"d":"digest1","i":1700000000000,"f":"session1","n":0}',
    value: { state: 'live', scope: [], session: 'session1', stage: 0 },
  },
  'a token that is bound to a key': {
    kind: tokenKind,
    id: 'token1',
    groups: ['AppAppAppAp.stamps'],
    data: '{"d":"digest1","i":1700000000000,"k":"thumbprint1"}',
    value: { state: 'live', jkt: 'thumbprint1' },
  },
  'a removed token': {
    kind: tokenKind,
    id: 'token1',
    groups: [],
    data: '{"d":"digest1","h":"AppAppAppAp."}',
    value: { state: 'removed', digest: 'digest1', holder: 'AppAppAppAp.', expiresAt: ENDS },
  },
  'a user code that was entered': {
    kind: claimKind,
    id: 'claim1',
    partition: 'bl',
    groups: [],
    data: '{"account":"ann","login":"ann@example","device":{"digest":"digest1","client":"key1","scope":["calls:read"],"userAgent":"Phone/1","remoteAddress":"192.0.2.7","endsAt":1700000600000},"session":{"app":"7fAppAppAppAppAppAppAppAppAppApp","id":"session1"},"isVoid":true}',
    value: {
      id: 'claim1',
      account: 'ann',
      login: 'ann@example',
      device: { digest: 'digest1', client: 'key1', scope: ['calls:read'], endsAt: 1_700_000_600_000 },
      session: { app: KEY, id: 'session1' },
      isVoid: true,
      expiresAt: ENDS,
    },
  },
  'an entry of the revocation feed': {
    kind: revocationKind,
    id: 'entry1',
    groups: ['all'],
    partition: 'Ha',
    data: '{"k":"a","p":"7f","i":"app","r":"revision1","s":["stampName01"]}',
    value: {
      id: 'entry1',
      at: ENDS - KEPT_MS,
      ref: { kind: 'a', partition: '7f', id: 'app' },
      revision: 'revision1',
      stamps: ['stampName01'],
    },
  },
  'an imported refresh token': {
    kind: legacyRefreshTokenKind,
    id: 'LCa0a2j_xo_5m0U8HTBBNBNCLXBkg7-g-YpeiGJm564',
    partition: 'xQ',
    groups: [],
    data: `{"app":"${KEY}","install":"install","session":"session1","tag":"tag1"}`,
    value: { app: KEY, install: 'install', session: 'session1', tag: 'tag1', expiresAt: ENDS },
  },
  'a lease of a reader of the revocation feed': {
    kind: feedLeaseKind,
    id: 'lease1',
    groups: ['all'],
    partition: 'Ha',
    data: `{"reader":"reader1","app":"${KEY}","silent":30000}`,
    value: { id: 'lease1', reader: 'reader1', app: KEY, silentMs: 30_000, expiresAt: ENDS },
  },
  'what a reader of the revocation feed has confirmed': {
    kind: feedConfirmationKind,
    id: 'reader1',
    groups: [],
    partition: 'Ha',
    data: '{}',
    value: { reader: 'reader1', at: ENDS - 2 * 86_400_000 },
  },
  'the receipt that is waited for': {
    kind: wantedReceiptKind,
    id: 'receipt',
    groups: [],
    partition: 'Ha',
    data: '{}',
    value: { revokedBefore: ENDS - 2 * 86_400_000 },
  },
  'a used assertion': {
    kind: usedAssertionKind,
    id: '6JfEwp7YZj81SZoXt9tHzjHER3Z-5HKW',
    groups: [],
    data: `{"app":"${KEY}","id":"jti-1"}`,
    value: { app: KEY, id: 'jti-1', expiresAt: ENDS },
  },
}

describe('records as they are stored', () => {
  it.each(Object.entries(CASES))('%s is stored under the names of the first release', (_, one) => {
    const { kind, id, groups, data, value, partition = '7f', position = ENDS } = one
    const expiresAt = position === ENDS ? { expiresAt: ENDS } : {}
    const place = { partition, id, groups, position, ...expiresAt }
    const record: StoreRecord = { kind: kind.name, ...place, revision: 'r1', data }
    const read = kind.unpack(record)
    expect(read).toMatchObject(value)
    expect(JSON.parse(kind.pack(read))).toEqual(JSON.parse(data))
    expect(kind.place(read)).toEqual(place)
  })
})
