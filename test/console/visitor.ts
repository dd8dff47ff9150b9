import { closest, type Element, elementsIn, nameOf, parseHtml } from './html-tree.ts'

/** Sends a request and returns what came, after redirects. */
export type Send = (path: string, init?: RequestInit) => Promise<{ readonly response: Response; readonly path: string }>

const CONTROLS = new Set(['input', 'textarea', 'select', 'button'])

/** A page as a person without script uses it: only what is on it can be filled in, followed and pressed. */
export interface VisitedPage {
  readonly status: number
  /** Path and query of the address. */
  readonly path: string
  readonly headers: Headers
  readonly text: string
  readonly title: string
  /** Main heading. */
  readonly heading: string
  /** Texts of the messages on it. */
  readonly notes: readonly string[]
  /** Names of what can be pressed and followed. */
  readonly buttons: readonly string[]
  readonly links: readonly string[]
  /** Labels of what can be filled in. */
  readonly labels: readonly string[]
  /** The cells of the row that begins with a name. */
  row(name: string): readonly string[] | undefined
  readonly rows: readonly (readonly string[])[]
  /** The value of a field, by its label. */
  value(label: string): string
  /** What is said about a field: hint and error. */
  described(label: string): string
  href(link: string): string
  follow(link: string): Promise<VisitedPage>
  /** Fills in fields by their labels; true and false tick boxes and radio buttons. Returns the page itself. */
  fill(values: Readonly<Record<string, string | boolean>>): VisitedPage
  /** Everything that a button sends. */
  entries(button: string): readonly (readonly [string, string])[]
  press(button: string): Promise<VisitedPage>
}

export async function visit(send: Send, path: string, init?: RequestInit): Promise<VisitedPage> {
  const { response, path: reached } = await send(path, init)
  const text = await response.text()
  const root = parseHtml(text)
  const all = elementsIn(root)
  const usable = all.filter((element) => !closest(element, (one) => one.attributes.has('inert')))
  const named = (name: string) => usable.filter((element) => element.name === name)
  const typed = new Map<Element, string | boolean>()

  const only = (kind: string, name: string, found: readonly Element[]): Element => {
    const [first, ...more] = found
    if (first && more.length === 0) return first
    throw new Error(
      `${found.length} of ${kind} "${name}" on ${reached}: ${[...usable].map(nameOf).join(' | ').slice(0, 600)}`,
    )
  }
  const labelOf = (control: Element): string => {
    const id = control.attributes.get('id')
    const isFor = (one: Element) => one.name === 'label' && id !== undefined && one.attributes.get('for') === id
    const label = closest(control, ({ name }) => name === 'label') ?? all.find(isFor)
    return label ? nameOf(label) : ''
  }
  const field = (label: string) =>
    only(
      'field',
      label,
      usable.filter((one) => CONTROLS.has(one.name) && one.name !== 'button' && labelOf(one) === label),
    )
  const button = (name: string) => {
    const found = named('button').filter((one) => nameOf(one) === name && !one.attributes.has('aria-hidden'))
    // A page may have the same button above and below: those of one form do the same.
    return only('button', name, found)
  }
  const link = (name: string) => {
    // The same link may be on a page twice.
    const found = named('a').filter((one) => nameOf(one) === name)
    const targets = new Set(found.map((one) => one.attributes.get('href')))
    return only('link', name, targets.size === 1 ? found.slice(0, 1) : found)
  }
  const formOf = (control: Element) => {
    const id = control.attributes.get('form')
    return id === undefined
      ? closest(control, ({ name }) => name === 'form')
      : all.find((one) => one.name === 'form' && one.attributes.get('id') === id)
  }
  const isTicked = (control: Element) => {
    const is = typed.get(control)
    return typeof is === 'boolean' ? is : control.attributes.has('checked')
  }
  const contentOf = (control: Element): string => {
    const is = typed.get(control)
    if (typeof is === 'string') return is
    // A line break at the beginning of a textarea is not part of its value.
    if (control.name === 'textarea') return control.children.join('').replace(/^\n/, '')
    if (control.name !== 'select') return control.attributes.get('value') ?? ''
    const options = elementsIn(control)
    return (options.find((one) => one.attributes.has('selected')) ?? options[0])?.attributes.get('value') ?? ''
  }
  const entries = (pressed: Element): readonly (readonly [string, string])[] => {
    const form = formOf(pressed)
    const controls = all.filter((one) => CONTROLS.has(one.name) && formOf(one) === form)
    return controls.flatMap((control): readonly (readonly [string, string])[] => {
      const name = control.attributes.get('name')
      if (name === undefined || control.attributes.has('disabled')) return []
      if (control.name === 'button' && control !== pressed) return []
      const isBox = /^(?:checkbox|radio)$/.test(control.attributes.get('type') ?? '')
      return isBox && !isTicked(control) ? [] : [[name, contentOf(control)]]
    })
  }
  const table = named('tr').map((row) => row.children.filter((one) => typeof one !== 'string').map(nameOf))

  const page: VisitedPage = {
    status: response.status,
    path: reached,
    headers: response.headers,
    text,
    title: nameOf(all.find(({ name }) => name === 'title') ?? root),
    heading: named('h1').map(nameOf).join('|'),
    notes: usable.filter((one) => one.attributes.get('class')?.startsWith('note ')).map(nameOf),
    buttons: named('button')
      .filter((one) => !one.attributes.has('aria-hidden') && !one.attributes.has('hidden'))
      .map(nameOf),
    links: named('a').map(nameOf),
    labels: usable.filter((one) => CONTROLS.has(one.name) && one.name !== 'button').map(labelOf),
    rows: table.slice(1),
    row: (name) => table.find((cells) => cells.some((cell) => cell.startsWith(name))),
    value: (label) => contentOf(field(label)),
    described(label) {
      const ids = field(label).attributes.get('aria-describedby')?.split(' ') ?? []
      return ids.map((id) => nameOf(all.find((one) => one.attributes.get('id') === id) ?? root)).join(' ')
    },
    href: (name) => link(name).attributes.get('href') ?? '',
    follow: (name) => visit(send, new URL(page.href(name), `https://x${reached}`).href.slice('https://x'.length)),
    fill(values) {
      for (const [label, value] of Object.entries(values)) {
        const control = field(label)
        if (control.attributes.has('disabled')) throw new Error(`"${label}" is disabled`)
        const group = control.attributes.get('type') === 'radio' ? control.attributes.get('name') : undefined
        if (group !== undefined)
          for (const other of usable) if (other.attributes.get('name') === group) typed.set(other, false)
        typed.set(control, value)
      }
      return page
    },
    entries: (name) => entries(button(name)),
    press(name) {
      const pressed = button(name)
      const form = formOf(pressed)
      const method = pressed.attributes.get('formmethod') ?? form?.attributes.get('method') ?? 'get'
      const action = pressed.attributes.get('formaction') ?? form?.attributes.get('action') ?? reached
      const body = new URLSearchParams(entries(pressed).map(([key, value]) => [key, value]))
      if (method === 'post') return visit(send, action, { method: 'POST', body })
      return visit(send, `${action.split('?', 1)}?${body}`)
    },
  }
  return page
}
