import { type Html, html } from '../../frame/html.ts'
import type { Context } from '../context.ts'

/** The numbers of days that a list offers. */
export const IDLE_DAYS = ['30', '90', '365'] as const
export type IdleDays = (typeof IDLE_DAYS)[number]

/** What a list of apps is narrowed by, as the query of its address has it. Empty: not at all. */
export interface AppFilters {
  /** Part of the name. */
  readonly name: string
  readonly status: '' | 'active' | 'suspended'
  readonly trust: '' | 'trusted' | 'untrusted'
  readonly api: string
  /** For how many days it has not been used. */
  readonly idle: '' | IdleDays
}

export const NO_FILTERS: AppFilters = { name: '', status: '', trust: '', api: '', idle: '' }

export function isFiltered(filters: AppFilters): boolean {
  return Object.values(filters).some((value) => value !== '')
}

/** The fields beside the search, folded away until one is in use. */
export function filterFields({ status, trust, api, idle }: AppFilters, context: Context): Html {
  const { texts, apis } = context
  const types = Object.entries(apis)
  const fields = [
    choice({ id: 'status', label: texts.status, value: status }, [
      ['', texts.any],
      ['active', texts.active],
      ['suspended', texts.suspended],
    ]),
    choice({ id: 'trust', label: texts.trust, value: trust }, [
      ['', texts.any],
      ['trusted', texts.trusted],
      ['untrusted', texts.notTrusted],
    ]),
    choice({ id: 'idle', label: texts.lastUsed, value: idle }, [
      ['', texts.any],
      ...IDLE_DAYS.map((days) => [days, texts.idleFor(Number(days))] as const),
    ]),
    types.length > 0 && choice({ id: 'api', label: texts.apiType, value: api }, [['', texts.any], ...types]),
  ]
  return html`<details class="filters"${[status, trust, api, idle].some(Boolean) && html` open`}><summary class="button">${texts.filter}</summary><div class="two">${fields}</div></details>`
}

function choice(
  { id, label, value }: { readonly id: string; readonly label: string; readonly value: string },
  options: readonly (readonly [string, string])[],
): Html {
  const shown = options.map(
    ([name, text]) => html`<option value="${name}"${name === value && html` selected`}>${text}</option>`,
  )
  return html`<div class="field"><label for="${id}">${label}</label><select class="input" id="${id}" name="${id}">${shown}</select></div>`
}
