import { readFileSync, statfsSync } from 'node:fs'
import { freemem, tmpdir } from 'node:os'

const IN_MEMORY = '/dev/shm'
/** What the servers of two test files take at most, with room to spare. */
const NEEDED_BYTES = 8 * 1024 ** 3

/**
 * Where the tests and their servers put files: in memory if this machine has enough of it, because a disk takes a millisecond or more
 * for each durable write. No test cuts the power.
 */
export function temporaryFolder(): string {
  try {
    const { bavail, bsize } = statfsSync(IN_MEMORY)
    const isLarge = Math.min(bavail * bsize, freemem()) >= NEEDED_BYTES
    const mount = readFileSync('/proc/mounts', 'utf8').match(/^\S+ \/dev\/shm \S+ (\S+)/m)?.[1] ?? ''
    // Some tests install programs there.
    const isWritable = mount.split(',').includes('rw') && !mount.includes('noexec')
    return isLarge && isWritable ? IN_MEMORY : tmpdir()
  } catch {
    return tmpdir()
  }
}
