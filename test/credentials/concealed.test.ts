import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { withConcealed } from '../../src/credentials/concealed.ts'

describe('concealed values', () => {
  const answer = withConcealed({ app: { key: 'k' } }, { secret: 'canary' })

  it('a concealed value is readable by name and by destructuring', () => {
    const { secret, app } = answer
    expect(secret).toBe('canary')
    expect(app).toEqual({ key: 'k' })
  })

  it('a concealed value does not appear in inspection, JSON, templates, copies or enumeration (S51, APP-8)', () => {
    const shown = [
      inspect(answer),
      inspect(answer, { showHidden: true, depth: null }),
      inspect({ deep: [answer] }, { depth: null }),
      JSON.stringify(answer),
      JSON.stringify({ ...answer }),
      JSON.stringify(Object.assign({}, answer)),
      JSON.stringify(structuredClone(answer)),
      JSON.stringify(Object.entries(answer)),
      String(answer),
    ]
    for (const text of shown) expect(text).not.toContain('canary')
  })

  it('JSON says that a value is hidden and how to read it, and an empty one is not mentioned (APP-8)', () => {
    const shown = { app: { key: 'k' }, secret: 'hidden: read the property secret of the result itself' }
    expect(JSON.parse(JSON.stringify(answer))).toEqual(shown)
    expect(JSON.parse(JSON.stringify({ deep: [answer] }))).toEqual({ deep: [shown] })
    expect(JSON.stringify(withConcealed({ app: 1 }, { secret: '' }))).toBe('{"app":1}')
    expect(Object.keys(answer)).toEqual(['app'])
  })

  it('a concealed value cannot be overwritten by accident', () => {
    expect(() => Object.assign(answer, { secret: 'other' })).toThrow(TypeError)
    expect(answer.secret).toBe('canary')
  })
})
