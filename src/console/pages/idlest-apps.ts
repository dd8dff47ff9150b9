import { type Html, html } from '../../frame/html.ts'
import type { Context } from '../context.ts'
import { lastUse } from '../parts/when.ts'
import type { AppRow } from './apps.ts'

/** Apps that an account may do without, with links to them, and to all that have not been used for long. */
export function idlestApps(apps: readonly Pick<AppRow, 'key' | 'name' | 'lastUsedOn'>[], context: Context): Html {
  const { texts, to, actsFor } = context
  const items = apps.map(({ key, name, lastUsedOn }) => {
    const used = html`${lastUsedOn !== undefined && html`${texts.lastUsed} `}${lastUse(lastUsedOn, context)}`
    return html`<li><a href="${to('app', { key })}"><bdi>${name}</bdi></a> <span class="under">${used}</span></li>`
  })
  const all = to('apps', { for: actsFor?.account, idle: '90' })
  return html`<p>${texts.idlest}</p><ul>${items}</ul><p><a href="${all}">${texts.idleApps}</a></p>`
}
