import fc from 'fast-check'
import { expect } from 'vitest'
import { type HostOptions, optionsOf } from './host-options.ts'
import type { Command, Part } from './lifecycle-model.ts'

/** The host that changes its options, in the model: what it takes back has no effect at once, and works again when it is put back. */

const changes: fc.Arbitrary<Partial<HostOptions>> = fc.oneof(
  fc.record({ scopes: fc.constantFrom(['read'], ['read', 'write'], ['write', 'admin']) }),
  fc.record({ loopback: fc.constantFrom<HostOptions['loopback'][]>(undefined, 'public', 'all', 'all') }),
  fc.record({ rotates: fc.boolean() }),
)

const changeOptions = changes.map((change): Command => {
  const title = `the options become ${JSON.stringify(change)}`
  return {
    check: () => true,
    async run(model, fixture) {
      Object.assign(model.host, change)
      fixture.appgrant = fixture.node(optionsOf(model.host))
      model.log.push(title)
    },
    toString: () => title,
  }
})

export const HOST: Part = {
  commands: [changeOptions, changeOptions],
  async look({ host }, { appgrant }) {
    expect(appgrant.scopes.map(({ name }) => name)).toEqual(host.scopes)
  },
}
