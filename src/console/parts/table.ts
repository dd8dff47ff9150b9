import { type Html, html, type Part } from '../../frame/html.ts'

/** A column: its heading, and how its cells look. */
export interface Column {
  readonly label: string
  /** `head`: the cell names its row. `number`: at the end of its column. `wide`: a line of its own on narrow screens. */
  readonly kind?: 'head' | 'number' | 'wide' | 'when'
  /** Whether narrow screens leave the label out, because the cell says what it is. */
  readonly isPlain?: boolean
}

export interface Row {
  /** What its checkbox sends, and says. */
  readonly pick?: { readonly value: string; readonly label: string }
  /** As many as there are columns. */
  readonly cells: readonly Part[]
}

export interface Table {
  /** The id of the heading that names it. */
  readonly labelledBy: string
  readonly columns: readonly Column[]
  readonly rows: readonly Row[]
  /** The checkboxes: the name that they send, and what the one in the header means. */
  readonly select?: {
    readonly name: string
    readonly all: 'page' | 'all'
    readonly allLabel: string
    readonly countId: string
  }
}

// Styles make a row a card on narrow screens, and browsers then forget that it is a row: so the roles are written out.
export function table({ labelledBy, columns, rows, select }: Table): Html {
  const heads = columns.map(
    ({ label, kind }) =>
      html`<th role="columnheader" scope="col"${kind === 'number' && html` class="num"`}>${label}</th>`,
  )
  const all =
    select &&
    html`<th role="columnheader" class="pick"><label><input type="checkbox" name="all" value="${select.all}"><span class="hidden">${select.allLabel}</span></label></th>`
  return html`<table class="rows" role="table" aria-labelledby="${labelledBy}"${select && html` data-select="${select.countId}"`}>
<thead role="rowgroup"><tr role="row">${all}${heads}</tr></thead>
<tbody role="rowgroup">${rows.map((row) => rowOf(row, columns, select))}</tbody>
</table>`
}

const CLASSES = { number: 'num', wide: 'wide', when: 'when' } as const

function rowOf({ pick, cells }: Row, columns: readonly Column[], select: Table['select']): Html {
  const checkbox =
    pick &&
    select &&
    html`<td role="cell" class="pick"><label><input type="checkbox" name="${select.name}" value="${pick.value}"><span class="hidden">${pick.label}</span></label></td>`
  const shown = columns.map(({ label, kind, isPlain = false }, at) => {
    const labelled = !isPlain && html` data-label="${label}"`
    if (kind === 'head') return html`<th role="rowheader" scope="row">${cells[at]}</th>`
    return html`<td role="cell"${kind && html` class="${CLASSES[kind]}"`}${labelled}>${cells[at]}</td>`
  })
  return html`<tr role="row">${checkbox}${shown}</tr>
`
}
