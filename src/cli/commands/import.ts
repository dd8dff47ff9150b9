import { docsPage } from '../../base/docs-page.ts'
import type { ImportedApp, ImportedInstall, ImportResult, ImportSummary } from '../../index.ts'
import type { Call, Command } from '../command.ts'
import type { Terminal } from '../terminal.ts'
import { row } from '../text.ts'
import { UsageError } from '../usage-error.ts'

export const importApps: Command = {
  name: 'import',
  summary: 'import apps and installs from standard input, one JSON object in each line',
  details: [
    `${docsPage('migrate')} describes the objects. What was imported before is left as it is, so the command can be repeated.`,
    'Each entry that was not imported is printed with everything that is wrong with it, and at the end how many had which outcome.',
    'Pass --options, so that redirect URLs, scopes and owners are checked as the host checks them.',
  ],
  options: {
    'dry-run': { help: 'check and report everything, and store nothing' },
    drop: {
      value: 'LISTS',
      help: 'redirectUrls, scopes or both with a comma: leave out invalid entries of these lists',
    },
    all: { help: 'print the result of every entry' },
  },
  async run(call) {
    const { management, store, terminal, flag } = call
    await store.prepare?.()
    const read = terminal.progress('entries')
    const summary = await management.apps.import(entriesIn(terminal.lines), {
      dryRun: flag('dry-run') ?? false,
      drop: dropped(call),
      async onResult(result) {
        read.add()
        if (isWorthPrinting(result) || flag('all')) await printResult(call, result)
      },
    })
    read.end()
    await call.print({ summary }, outcomesIn(summary))
    return summary.refused + summary.limit_reached === 0 ? 0 : 1
  },
}

const LISTS = ['redirectUrls', 'scopes'] as const

function dropped({ text }: Call): readonly (typeof LISTS)[number][] {
  const names = text('drop')?.split(',') ?? []
  return names.map((given) => {
    const list = LISTS.find((one) => one === given)
    if (!list) throw new UsageError(`import: --drop: expected ${LISTS.join(' or ')}, or both with a comma`)
    return list
  })
}

/** Lines may contain secrets, so that an error names one only by its number. */
async function* entriesIn(lines: Terminal['lines']): AsyncGenerator<ImportedApp | ImportedInstall> {
  for await (const { line, text } of lines()) yield parsed(text, line)
}

function parsed(text: string, line: number): ImportedApp | ImportedInstall {
  try {
    return JSON.parse(text)
  } catch {
    throw new UsageError(`import: line ${line} is not JSON. What came before it is imported: correct it, and repeat`)
  }
}

function isWorthPrinting({ outcome, dropped: left }: ImportResult): boolean {
  return outcome === 'refused' || outcome === 'limit_reached' || left.length > 0
}

async function printResult({ print }: Call, result: ImportResult): Promise<void> {
  const { entry, key, account, outcome, errors, dropped: left } = result
  const said = [...errors, ...left].map(
    ({ field, code, expected, received }) => `\n  ${field}: ${code}: expected ${expected}, received ${received}`,
  )
  await print(result, row(String(entry), outcome, key, ...(account === undefined ? [] : [account])) + said.join(''))
}

function outcomesIn(summary: ImportSummary): string {
  const some = Object.entries(summary).filter(([, count]) => count > 0)
  return some.map(([outcome, count]) => `${count} ${outcome}`).join(', ') || 'nothing to import'
}
