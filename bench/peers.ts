import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'

/** The libraries that the benchmarks compare with, and their exact versions. */
export const PEERS: Readonly<Record<string, string>> = JSON.parse(
  readFileSync('bench/package.json', 'utf8'),
).dependencies

/** Installs them where they are not. */
export function installPeers(): void {
  if (existsSync('bench/node_modules')) return
  const { status } = spawnSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], {
    cwd: 'bench',
    stdio: 'inherit',
  })
  if (status !== 0) throw new Error('bench: the peers could not be installed; npm says above why')
}
