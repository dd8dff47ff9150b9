import { type Html, html } from '../../frame/html.ts'
import type { Context } from '../context.ts'

/** A day, in the zone of the viewer; if that is not known, in UTC until the script puts it into the browser's. */
export function day(at: Date, { formats }: Context): Html {
  return html`<time datetime="${at.toISOString()}"${!formats.hasZone && html` data-zone="date"`}>${formats.date(at)}</time>`
}

/** The day of the last use, which is kept in UTC. */
export function lastUse(on: string | undefined, { texts, formats }: Context): Html {
  return on === undefined ? html`${texts.neverUsed}` : html`<time datetime="${on}">${formats.utcDay(on)}</time>`
}

/** A day and a time of day, likewise. */
export function moment(at: Date, { formats }: Context): Html {
  return html`<time datetime="${at.toISOString()}"${!formats.hasZone && html` data-zone="time"`}>${formats.dateAndTime(at)}</time>`
}
