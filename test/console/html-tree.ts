/** An element of a page. */
export interface Element {
  readonly name: string
  readonly attributes: ReadonlyMap<string, string>
  readonly parent: Element | undefined
  readonly children: (Element | string)[]
}

const VOID = new Set(['meta', 'link', 'input', 'br', 'img', 'path', 'circle', 'rect'])
const RAW = new Set(['script', 'style', 'textarea', 'title'])
const TAG = /<(\/?)([a-z][a-z0-9]*)((?:\s+[a-z-]+(?:="[^"]*")?)*)\s*(\/?)>/gi

/** Reads a page that is well-formed. @throws if it is not. */
export function parseHtml(text: string): Element {
  const root: Element = { name: '', attributes: new Map(), parent: undefined, children: [] }
  let open = root
  let at = text.indexOf('>') + 1
  TAG.lastIndex = at
  for (let tag = TAG.exec(text); tag; tag = TAG.exec(text)) {
    const [whole, slash, name = '', attributes = '', closed] = tag
    open.children.push(decode(text.slice(at, tag.index)))
    at = tag.index + whole.length
    if (slash) {
      if (open.name !== name || !open.parent) throw new Error(`</${name}> closes <${open.name}>`)
      open = open.parent
      continue
    }
    const element: Element = { name, attributes: attributesOf(attributes), parent: open, children: [] }
    open.children.push(element)
    if (VOID.has(name) || closed) continue
    open = element
    if (!RAW.has(name)) continue
    const end = text.indexOf(`</${name}`, at)
    element.children.push(decode(text.slice(at, end)))
    at = end
    TAG.lastIndex = end
  }
  if (open !== root) throw new Error(`<${open.name}> is not closed`)
  return root
}

function attributesOf(text: string): ReadonlyMap<string, string> {
  return new Map(
    [...text.matchAll(/([a-z-]+)(?:="([^"]*)")?/gi)].map(([, name = '', value = '']) => [name, decode(value)]),
  )
}

function decode(text: string): string {
  const signs: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" }
  return text.replaceAll(/&(amp|lt|gt|quot|#39);/g, (_, name: string) => signs[name] ?? '')
}

export function elementsIn(element: Element): readonly Element[] {
  return element.children.flatMap((child) => (typeof child === 'string' ? [] : [child, ...elementsIn(child)]))
}

/** What assistive technology reads of an element. */
export function nameOf(element: Element): string {
  const parts = element.children.map((child) => {
    if (typeof child === 'string') return child
    return child.attributes.get('aria-hidden') === 'true' ? '' : nameOf(child)
  })
  return parts
    .join(element.name === 'ul' ? ' ' : '')
    .replaceAll(/\s+/g, ' ')
    .trim()
}

/** An element or one around it, for which `is` holds. */
export function closest(element: Element | undefined, is: (one: Element) => boolean): Element | undefined {
  for (let one = element; one; one = one.parent) if (is(one)) return one
  return undefined
}
