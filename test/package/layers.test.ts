import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { run } from './run.ts'
import { ROOT } from './setup.ts'

let copy: string
beforeEach(() => {
  copy = mkdtempSync(join(tmpdir(), 'appgrant-layers-'))
  for (const name of ['src', 'adapters', 'scripts', 'package.json'])
    cpSync(join(ROOT, name), join(copy, name), { recursive: true })
})
afterEach(() => rmSync(copy, { recursive: true, force: true }))

const check = () => run('npm', ['run', '--silent', 'check'], copy)

describe('the layers', () => {
  it('are kept by the tree as it is', async () => {
    const { code, stderr } = await run(process.execPath, ['scripts/check-layers.mjs'], copy)
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  })

  it.each([
    ['src/domain/verifier.ts', '../http/protect.ts'],
    ['src/domain/verifier.ts', '../create-app-grant.ts'],
    ['src/records/token.ts', '../domain/app.ts'],
    ['src/credentials/digest.ts', '../records/app.ts'],
    ['src/store/store.ts', '../records/app.ts'],
    ['src/base/events.ts', '../store/store.ts'],
    ['src/http/protect.ts', '../records/token.ts'],
    ['src/http/protect.ts', '../node.ts'],
    ['src/node.ts', './create-app-grant.ts'],
    ['src/testing/conformance.ts', '../records/app.ts'],
    ['adapters/memory/memory-store.ts', '../../src/records/app.ts'],
    ['adapters/memory/memory-store.ts', '../../src/domain/app.ts'],
    ['src/domain/verifier.ts', 'jose'],
  ])('npm run check fails where %s imports %s', async (file, target) => {
    const path = join(copy, file)
    writeFileSync(path, `import type {} from '${target}'\n${readFileSync(path, 'utf8')}`)
    const { code, stderr } = await check()
    expect(code).toBe(1)
    expect(stderr).toMatch(/^check-layers: 1 import\(s\) against the layers\n/)
    expect(stderr).toContain(file)
  })

  it('npm run check fails where a file stands in no layer', async () => {
    writeFileSync(join(copy, 'src/elsewhere.ts'), '')
    expect(await check()).toMatchObject({ code: 1, stderr: expect.stringContaining('src/elsewhere.ts: no layer') })
  })
})
