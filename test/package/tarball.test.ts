import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, inject, it } from 'vitest'
import { run, runTool } from './run.ts'
import { ROOT } from './setup.ts'

describe('the tarball', () => {
  it('is clean to publint --strict', async () => {
    const { code, stdout } = await runTool('publint', [inject('tarball'), '--strict'], ROOT)
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining('All good!') })
  })

  it('is clean to attw with the profile esm-only', async () => {
    const { code, stdout } = await runTool('attw', [inject('tarball'), '--profile', 'esm-only'], ROOT)
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining('"appgrant/http"') })
  })

  it('holds what its exports name, its documents, and nothing of the repository besides', async () => {
    const { stdout } = await run('tar', ['-tzf', inject('tarball')], ROOT)
    const files = stdout.trim().split('\n')
    const { exports } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
      exports: Record<string, string | Record<string, string>>
    }
    const named = Object.values(exports).flatMap((entry) =>
      typeof entry === 'string' ? [entry] : Object.values(entry),
    )
    expect(files).toEqual(expect.arrayContaining(named.map((file) => file.replace('./', 'package/'))))
    expect(files).toEqual(
      expect.arrayContaining(['package/README.md', 'package/LICENSE', 'package/SECURITY.md', 'package/CHANGELOG.md']),
    )
    const known =
      /^package\/(dist\/[\w.-]+\.(js|d\.ts)|docs\/[\w.-]+|README\.md|LICENSE|SECURITY\.md|CHANGELOG\.md|package\.json)$/
    expect(files.filter((file) => !known.test(file))).toEqual([])
  })
})
