import { createTokenFormat, WIDTH } from '../../src/credentials/token-format.ts'
import type { Tokens } from './session-fixture.ts'

const format = createTokenFormat('ag')

/** The text with another character at that place. */
export function changedAt(text: string, at: number): string {
  const other = text[at] === 'a' ? 'b' : 'a'
  return text.slice(0, at) + other + text.slice(at + 1)
}

/** A credential of the same kind with other fields and a valid checksum. */
export function rewritten(text: string, change: Readonly<Record<string, string>>): string {
  const parsed = format.read(text)
  if (!parsed) throw new Error('not a credential')
  return format.write(parsed.kind, { ...parsed, ...change } as never)
}

export function fieldOf(text: string, name: string): string {
  return (format.read(text) as unknown as Readonly<Record<string, string>>)[name] ?? ''
}

/** Refresh tokens that were never issued, made from those of one session: none has the tag of the stage it names. */
export function forged(session: readonly Tokens[]): readonly string[] {
  const texts = session.map(({ refresh }) => refresh)
  const last = texts.at(-1) ?? ''
  const none = '0'.repeat(WIDTH.tag)
  const stages = ['00000', '00001', '00099', 'zzzzz', fieldOf(last, 'stage')]
  return [
    ...[0, 4, 10, 40, 60, 80, 120, last.length - 1].map((at) => changedAt(last, at)),
    last.slice(0, -1),
    `${last}0`,
    ` ${last}`,
    ...stages.map((stage) => rewritten(last, { stage, tag: none })),
    ...stages
      .slice(0, 4)
      .map((stage) => rewritten(last, { stage, secret: '0'.repeat(WIDTH.secret) }))
      .filter((text) => !texts.includes(text) && !isTagOfItsStage(text, texts)),
    // The tag of another stage, and every credential with the secret of another.
    ...texts.slice(0, -1).map((text) => rewritten(last, { tag: fieldOf(text, 'tag') })),
    ...texts.slice(0, -1).map((text) => rewritten(text, { tag: fieldOf(last, 'tag') })),
    rewritten(last, { install: '0'.repeat(WIDTH.install) }),
    rewritten(last, { session: '0'.repeat(WIDTH.session) }),
  ]
}

function isTagOfItsStage(text: string, genuine: readonly string[]): boolean {
  return genuine.some(
    (one) => fieldOf(one, 'stage') === fieldOf(text, 'stage') && fieldOf(one, 'tag') === fieldOf(text, 'tag'),
  )
}
