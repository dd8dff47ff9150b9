import { describe, expect, it } from 'vitest'
import { fill, html, markup } from '../../src/frame/html.ts'

describe('the template of the console', () => {
  it('escapes every text in content and in attributes', () => {
    const hostile = `"><script>alert('1')</script>&`
    expect(markup(html`<p title="${hostile}">${hostile}</p>`)).toBe(
      '<p title="&quot;&gt;&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&amp;">&quot;&gt;&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&amp;</p>',
    )
  })

  it('takes numbers and lists, and shows nothing for false and undefined, but shows 0', () => {
    expect(markup(html`${0}|${false}|${undefined}|${['a', html`<b>${1}</b>`, false]}`)).toBe('0|||a<b>1</b>')
  })

  it('takes no text for HTML, however it is dressed up', () => {
    const forged = JSON.parse('{"html": "<script>", "safe HTML": "<script>"}')
    expect(() => html`${forged}`).toThrow(TypeError)
  })

  it('puts HTML into the place of a name in a sentence, and escapes the sentence', () => {
    const name = html`<bdi>${'{name} <b>'}</bdi>`
    expect(markup(fill('<i> {name} and {other}', { name }))).toBe('&lt;i&gt; <bdi>{name} &lt;b&gt;</bdi> and {other}')
  })
})
