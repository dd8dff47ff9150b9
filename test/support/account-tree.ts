import type { AccountDirectory, AccountState } from '../../src/domain/accounts/accounts.ts'

/** Each account and the one above it. */
const ABOVE = {
  root: undefined,
  provider: 'root',
  org: 'provider',
  user: 'org',
  'other-org': 'provider',
  'other-provider': 'root',
} as const

export type TreeAccount = keyof typeof ABOVE

/** A directory that a test changes. */
export interface AccountTree extends AccountDirectory {
  /** What differs from an active account that may do everything. */
  set(id: TreeAccount, state: Partial<AccountState>): void
  /** Whether the account is gone. */
  setGone(id: TreeAccount, gone: boolean): void
  /** Whether the next calls are outages. */
  setDown(down: boolean): void
  /** Puts an account below another one, or at the top. */
  move(id: TreeAccount, above: TreeAccount | undefined): void
  /** How many calls there were. */
  readonly questions: number
}

/** root > provider > org > user; provider > other-org; root > other-provider. Every account active and permitted. */
export function accountTree(): AccountTree {
  const states = new Map<string, Partial<AccountState>>()
  const gone = new Set<string>()
  const above = new Map<string, string | undefined>(Object.entries(ABOVE))
  let isDown = false
  let questions = 0
  return {
    async lineage(account) {
      questions++
      if (isDown) throw new Error('the directory is down')
      const lineage: AccountState[] = []
      for (let id: string | undefined = account; id !== undefined; id = above.get(id)) {
        if (gone.has(id) || !above.has(id)) return []
        lineage.push({
          id,
          active: true,
          mayUseApps: true,
          mayRegisterApps: true,
          mayTrustApps: true,
          ...states.get(id),
        })
      }
      return lineage
    },
    set: (id, state) => void states.set(id, { ...states.get(id), ...state }),
    setGone: (id, isGone) => void (isGone ? gone.add(id) : gone.delete(id)),
    setDown(down) {
      isDown = down
    },
    move: (id, parent) => void above.set(id, parent),
    get questions() {
      return questions
    },
  }
}
