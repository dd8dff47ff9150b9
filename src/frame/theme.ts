import { invalidOption } from '../base/errors.ts'
import { assertOptions, knownMembers } from '../base/known-members.ts'

/** What a theme may set, as CSS values. */
export const THEME_TOKENS = [
  'accent',
  'on-accent',
  'ground',
  'sheet',
  'ink',
  'soft',
  'line',
  'edge',
  'danger',
  'on-danger',
  'danger-tint',
  'warn',
  'warn-tint',
  'ok',
  'ok-tint',
  'radius',
  'font',
  'mono',
  'width',
] as const

/**
 * The look of the pages: CSS values by the name of what they colour or measure, e.g. `{ accent: '#6d28d9', radius: '2px' }`. A value
 * may be `light-dark(…)`. What is not named keeps its default.
 */
export interface Theme extends Partial<Record<(typeof THEME_TOKENS)[number], string | undefined>> {
  /** The one colour scheme to use. Default is that of the reader's system. */
  readonly scheme?: 'light' | 'dark' | undefined
  /** The path of a style sheet of the host's, loaded after all others, e.g. `/brand.css`. */
  readonly stylesheet?: string | undefined
}

/** The style sheet of a theme; undefined if it sets nothing. */
export function themeCss({ stylesheet: _, ...values }: Theme): string | undefined {
  const set = Object.entries(values).filter(([, value]) => value !== undefined)
  const lines = set.map(([name, value]) => `  --ag-${name}: ${value};\n`)
  return lines.length === 0 ? undefined : `.ag,\n.ag-document {\n${lines.join('')}}\n`
}

const THEME = knownMembers<Theme>({
  ...(Object.fromEntries(THEME_TOKENS.map((name) => [name, true])) as Record<(typeof THEME_TOKENS)[number], true>),
  scheme: true,
  stylesheet: true,
})

/**
 * Warns if text on buttons cannot be read.
 *
 * @param call - the function that the option `theme` was given to.
 * @throws TypeError naming what is wrong.
 */
export function checkTheme(call: string, theme: Theme): void {
  assertOptions(call, theme, THEME, 'theme')
  for (const [name, value] of Object.entries(theme)) {
    const expected = value === undefined ? undefined : themeProblem(name, value)
    if (expected !== undefined) throw invalidOption(call, `theme.${name}`, expected, value)
  }
  const contrast = lowContrast(theme)
  if (contrast !== undefined)
    process.emitWarning(
      `${call}: theme: accent and on-accent have a contrast of ${contrast.toFixed(1)}; text needs ${MIN_CONTRAST}`,
      { type: 'AppGrantWarning', code: 'APPGRANT_THEME_CONTRAST' },
    )
}

/** Why a value cannot be in the style sheet; undefined if it can. */
function themeProblem(name: string, value: unknown): string | undefined {
  if (name === 'scheme') return value === 'light' || value === 'dark' ? undefined : '"light" or "dark"'
  if (name === 'stylesheet')
    return typeof value === 'string' && /^\/(?!\/)[\w./~-]*$/.test(value) ? undefined : 'a path such as "/brand.css"'
  // A value that ended its declaration could write any rule; a url() would load from wherever it says.
  const isSafe = typeof value === 'string' && value !== '' && !/[;{}<>\\@]|\/\*|url\s*\(/i.test(value)
  return isSafe ? undefined : 'a CSS value without ; { } < > @ \\ comments or url()'
}

const MIN_CONTRAST = 4.5

/** The contrast of text on buttons if both colours are plain; undefined if it is enough or cannot be computed. */
function lowContrast({ accent, 'on-accent': onAccent = '#fff' }: Theme): number | undefined {
  const [one, other] = [luminance(accent), luminance(onAccent)]
  if (one === undefined || other === undefined) return undefined
  const ratio = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05)
  return ratio < MIN_CONTRAST ? ratio : undefined
}

/** @see [WCAG 2.2 - relative luminance](https://www.w3.org/TR/WCAG22/#dfn-relative-luminance) */
function luminance(colour: string | undefined): number | undefined {
  const [, long, short] = /^#(?:([0-9a-f]{6})|([0-9a-f]{3}))$/i.exec(colour ?? '') ?? []
  const hex = long ?? short?.replaceAll(/./g, '$&$&')
  if (hex === undefined) return undefined
  const [red = 0, green = 0, blue = 0] = [0, 2, 4].map((at) => {
    const value = Number.parseInt(hex.slice(at, at + 2), 16) / 255
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}
